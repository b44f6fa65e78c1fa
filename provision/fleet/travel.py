"""What may go with hosts to workers on other machines, and what stays here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provision.errors import OperatorError
from provision.fleet.orders import Orders
from provision.fleet.turn import Host

_OWN_KEYS = {
    "key_filename": "-i",
    "password": "--prompt-for-login-password",
    "passphrase": "--prompt-for-passphrase",
}


def raise_if_unfit(
    orders: Orders, connect_kwargs: Mapping[str, Any], sudo_password: str | None, hosts: Iterable[Host]
) -> None:
    """Raises OperatorError, before any host is touched, for what workers can't do or mustn't be sent."""
    if orders.scheduler is None:
        return
    if hook := orders.before or orders.after:
        raise OperatorError(
            f"{hook.flag} is run on this machine, which isn't where hosts are changed with --runner dask: leave one"
            " out; --shard divides a fleet without Dask"
        )
    for name, flag in _OWN_KEYS.items():
        if connect_kwargs.get(name):
            raise OperatorError(
                f"{flag} is for connections of this machine: workers log in by their own agent, keys and ssh_config"
            )
    hosts = list(hosts)
    if any(host.asked.handed.bundle for host in hosts):
        raise OperatorError(
            "--package-mirror: a bundle lies on this machine, which isn't where hosts are changed with --runner dask:"
            " leave one out; --shard divides a fleet without Dask"
        )
    if orders.scheduler.startswith("tls://"):
        return
    if sudo_password is not None:
        raise OperatorError(_without_tls("a sudo password"))
    for host in hosts:
        handed = host.asked.handed
        if any(proxy and "@" in proxy.value for proxy in (handed.package_proxy, handed.daemon_proxy)):
            raise OperatorError(_without_tls(f"the proxy's password for {host.name}"))


def _without_tls(what: str) -> str:
    return (
        f"--scheduler: {what} isn't sent without TLS: write tls://HOST:8786, and give Dask its certificates"
    )
