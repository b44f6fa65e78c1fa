"""The mirrors as processes: started inside a lab's network, outliving whoever started them."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import images, keys, mirror, registry, rpms
from lab.process import LabError

NAMES = keys.NAMES  # what the hosts must find at the lab's address
START = 20  # seconds; they need a fraction of one
LISTENING = "0A"  # a socket's state in /proc/PID/net/tcp


def registry_url(address: str) -> str:
    """The registry mirror's URL in the lab at this address."""
    return f"http://{address}:{registry.PORT}"


def prepare() -> None:
    """Make what the mirrors serve, if it isn't in the cache: about 25 s on two cores."""
    with ThreadPoolExecutor(2) as pool:
        for made in (pool.submit(rpms.repositories), pool.submit(images.folder)):
            made.result()


def start(state_dir: Path, netns: str, address: str) -> list[int]:
    """Start the package mirror (ports 80 and 443) and the registry mirror (5000) in the network namespace.

    Returns their process ids. They keep running until killed; their logs are mirror.log, mirror-access.log and
    registry.log in `state_dir`. Raises LabError if one doesn't listen in time; then none is left running.
    """
    prepare()
    settings = state_dir / "registry.json"
    settings.write_text(
        registry.settings(images.folder() / "storage", f"{address}:{registry.PORT}", readonly=True)
    )
    certificate, key = keys.server()
    served = str(rpms.repositories())
    mirror_command = [
        *(sys.executable, "-m", "lab.mirror"),
        *(served, address, str(state_dir), str(certificate), str(key)),
    ]
    registry_command = [str(images.folder() / "docker-registry"), "serve", str(settings)]
    pids: list[int] = []
    try:
        pids.append(spawn(mirror_command, netns, state_dir / "mirror.log"))
        pids.append(spawn(registry_command, netns, state_dir / "registry.log"))
        wait_until_listening(pids[0], mirror.PORTS, state_dir / "mirror.log")
        wait_until_listening(pids[1], (registry.PORT,), state_dir / "registry.log")
    except BaseException:
        for pid in pids:
            if Path(f"/proc/{pid}").exists():
                os.kill(pid, 9)
        raise
    return pids


def spawn(command: list[str], netns: str, log: Path) -> int:
    """Start a command that is nobody's child; returns its pid."""
    checkout = Path(__file__).parents[1]
    inside = ["nsenter", f"--net=/run/netns/{netns}", *command]
    with log.open("ab") as output:
        done = subprocess.run(
            # The shell tells its pid, which stays the same from one exec to the next.
            ["setsid", "--fork", "sh", "-c", 'echo $$; exec "$@" >&2', "sh", *inside],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": str(checkout)},
            check=True,
        )
    return int(done.stdout)


def wait_until_listening(pid: int, ports: tuple[int, ...], log: Path) -> None:
    """Wait until all of these ports are listened on. Raises LabError, with the log's end, if one isn't in time."""
    wanted = set(ports)
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        try:
            open_ports = _listening(pid)
        except FileNotFoundError:
            break
        if wanted <= open_ports:
            return
        time.sleep(0.02)
    words = log.read_text().strip().splitlines()[-1:]
    raise LabError(f"no service on port {ports[0]}; {log} ends with: {''.join(words)}")


def _listening(pid: int) -> set[int]:
    """TCP ports that anyone listens on in the network of this process. Raises FileNotFoundError if it ended."""
    ports = set()
    for family in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{family}").read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            if state == LISTENING:
                ports.add(int(local.rpartition(":")[2], 16))
    return ports
