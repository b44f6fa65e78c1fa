"""Proxies: from a flag or a reference to what lies on the host, and what the daemon must be started with."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provision import engines, handed, spec, steps
from provision.errors import OperatorError
from provision.plan import plan
from provision.resources import unit_shell
from provision.resources.base import Refusal, Step, digest
from provision.resources.daemon import UnitState
from provision.resources.file import File, FileState
from provision.resources.need import Act, need
from provision.resources.unit import Unit
from tests.unit.core import fresh, no_unit
from tests.unit.model import INFO, Host
from tests.unit.shell import SHELLS, call
from tests.unit.test_urls import CLEAR, ENCODED, PLAIN


def asked(**flags: str) -> spec.Spec:
    return spec.build(spec.from_flags(flags))


class TestSpec:
    def test_one_proxy_serves_both_and_each_may_have_its_own(self) -> None:
        both = asked(proxy=PLAIN)
        assert (both.proxy_for_packages, both.proxy_for_daemon) == (PLAIN, PLAIN)
        split = asked(proxy=PLAIN, package_proxy="none", daemon_proxy="env:X")
        assert (split.proxy_for_packages, split.proxy_for_daemon) == ("none", "env:X")
        assert (asked().proxy_for_packages, asked().proxy_for_daemon) == (None, None)

    @pytest.mark.parametrize(
        ("flags", "said"),
        [
            (
                {"proxy": "http://alice:geheim@p:1"},
                "--proxy: .* give the whole URL by reference, as env:NAME",
            ),
            ({"package_proxy": "p:3128"}, "--package-proxy: 'p:3128' is not a proxy's URL"),
            ({"daemon_proxy": "env:"}, "--daemon-proxy: 'env:' names no environment variable"),
            ({"no_proxy": "a"}, "--no-proxy: .* name that by --proxy too"),
            ({"no_proxy": "a", "proxy": "none"}, "--no-proxy: .* name that by --proxy too"),
            (
                {"no_proxy": "a,10.0.0.0/8", "proxy": PLAIN},
                "--no-proxy: Docker 18.06.3 doesn't know networks",
            ),
            ({"registry_ca": "r.example"}, "--registry-ca: 'r.example' names no file"),
            ({"registry_ca": "../x=ca.pem"}, "--registry-ca: '../x' is no registry"),
            ({"registry_ca": "r=a.pem,r=b.pem"}, "--registry-ca: r is given twice"),
        ],
    )
    def test_what_can_not_be(self, flags: dict[str, str], said: str) -> None:
        with pytest.raises(OperatorError, match=said) as refused:
            asked(**flags)
        assert "geheim" not in str(refused.value)

    def test_later_engines_know_networks(self) -> None:
        assert asked(no_proxy="10.0.0.0/8", proxy=PLAIN, docker_version="26.1.4").no_proxy == ("10.0.0.0/8",)

    @pytest.mark.parametrize(
        ("beside", "said"),
        [("", "holds a user or password"), ("\nproxy: none", "holds a user or password")],
    )
    def test_a_password_does_not_belong_into_daemon_json(self, beside: str, said: str) -> None:
        text = f'docker_version: "26.1.4"\ndaemon:\n  proxies: {{http-proxy: "http://a:geheim@p:1"}}{beside}'
        with pytest.raises(OperatorError, match=rf"site\.yml:3: proxies {said}") as refused:
            spec.build(spec.parse(text, "site.yml"))
        assert "geheim" not in str(refused.value)

    def test_two_ways_to_say_it_exclude_each_other(self) -> None:
        text = f'docker_version: "26.1.4"\nproxy: {PLAIN}\ndaemon:\n  proxies: {{http-proxy: "{PLAIN}"}}'
        with pytest.raises(OperatorError, match=r"site\.yml:4: the daemon's proxy is given twice"):
            spec.build(spec.parse(text, "site.yml"))


class TestHanded:
    def test_what_is_referred_to_becomes_a_whole_url(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TH_PROXY", CLEAR)
        found = handed.read(asked(proxy="env:TH_PROXY", package_proxy="none"))
        assert found.daemon_proxy is not None
        assert found.package_proxy is not None
        assert (found.daemon_proxy.value, found.package_proxy.value) == (ENCODED, "")
        assert "p%40ss" not in repr(found)

    def test_its_password_is_known_in_each_of_its_shapes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ODD_PROXY", "http://alice:p@ss word@p:1")
        monkeypatch.setenv("SHORT_PROXY", "http://alice:pw@p:1")
        found = handed.read(asked(proxy="env:ODD_PROXY"))
        assert found.secrets == ("p%40ss%20word", "p@ss word")
        assert "ss word" not in repr(found)
        assert handed.read(asked(proxy="env:SHORT_PROXY")).secrets == ()
        assert handed.defaults().secrets == ()

    def test_what_is_no_proxy_is_told_without_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BAD_PROXY", "https://alice:geheim@proxy:3128")
        with pytest.raises(OperatorError, match="--proxy: what env:BAD_PROXY holds can't be used") as refused:
            handed.read(asked(proxy="env:BAD_PROXY"))
        assert "geheim" not in str(refused.value)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("nothing", "holds no certificate in PEM"),
            ("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", "holds a private key"),
        ],
    )
    def test_a_file_that_is_no_certificate(self, tmp_path: Path, text: str, said: str) -> None:
        file = tmp_path / "ca.pem"
        file.write_text(text)
        with pytest.raises(OperatorError, match=f"--package-ca: .* {said}"):
            handed.read(asked(package_ca=str(file)))
        with pytest.raises(OperatorError, match=f"--registry-ca: .* {said}"):
            handed.read(asked(registry_ca=f"r.example={file}"))


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> tuple[Step, ...]:
    monkeypatch.setenv("THROUGH", CLEAR)
    wanted = asked(proxy="env:THROUGH", no_proxy="registry.example", fix_base_repos="aliyun")
    return steps.steps(wanted, handed.read(wanted))


def files(chosen: tuple[Step, ...]) -> dict[str, File]:
    return {each.path: each for step in chosen for each in step.resources if isinstance(each, File)}


def test_files_with_the_password_are_for_root_alone(through: tuple[Step, ...]) -> None:
    found = files(through)
    for path in ("/etc/yum.repos.d/docker-ce.repo", "/etc/sysconfig/docker-provision"):
        assert found[path].mode == "600"
    open_ones = files(steps.steps(asked(proxy=PLAIN), handed.read(asked(proxy=PLAIN))))
    for path in ("/etc/yum.repos.d/docker-ce.repo", "/etc/sysconfig/docker-provision"):
        assert open_ones[path].mode == "644"


def test_the_plan_shows_neither_user_nor_password_and_the_wire_has_both(
    through: tuple[Step, ...],
) -> None:
    found = plan(fresh(through), through)
    shown = repr([(c.resource, c.actual, c.desired, c.reason, c.diff) for c in found.changes])
    assert "p%40ss" not in shown
    assert "proxy=http://***@proxy.example:3128" in shown
    assert "HTTPS_PROXY=http://***@proxy.example:3128" in shown
    for change in found.changes:
        if change.resource.startswith(("file /etc/yum", "file /etc/sysconfig")):
            (content,) = [line.split()[-1] for line in change.script.splitlines() if "put_file" in line]
            assert ENCODED in base64.b64decode(content).decode()
            assert ENCODED not in change.script, "nor in clear on any line of shell"


def service(chosen: tuple[Step, ...]) -> Unit:
    (unit,) = next(step for step in chosen if step.name == "service").resources
    assert isinstance(unit, Unit)
    return unit


def test_the_probe_takes_checksums_along_and_nothing_else(through: tuple[Step, ...]) -> None:
    words = service(through).probe().split()
    assert words[:2] == ["probe_unit", "docker.service"]
    pairs = dict(zip(words[2::2], words[3::2], strict=True))
    assert list(pairs) == ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]
    assert pairs["HTTP_PROXY"] == pairs["https_proxy"] == digest(ENCODED.encode())
    assert pairs["NO_PROXY"] == digest(b"registry.example")


def test_where_nothing_is_asked_the_file_on_the_host_counts() -> None:
    assert service(steps.steps(asked(), handed.defaults())).probe() == "probe_unit docker.service"


def running(**values: Any) -> UnitState:
    return replace(
        no_unit(), load="loaded", active="active", enabled="enabled", started={}, info=INFO, **values
    )


def test_another_proxy_in_the_process_means_a_restart() -> None:
    found = need(running(strange=("HTTP_PROXY",)), {}, None, engines.engine("18.06.3"))
    assert (found.act, "HTTP_PROXY" in found.reasons[0]) == (Act.RESTART, True)


def test_proxies_in_daemon_json_outrank_it_and_are_refused() -> None:
    wanted = asked(daemon_proxy=PLAIN, docker_version="26.1.4")
    chosen = steps.steps(wanted, handed.read(wanted))
    host = Host(fresh(chosen))
    host.converge(chosen)
    file = "file /etc/docker/daemon.json"
    there = FileState(b'{"proxies": {"http-proxy": "http://other:1"}}', "644", "root:root", 1)
    (refusal,) = service(chosen).compare({**host.facts.states, file: there})
    assert isinstance(refusal, Refusal)
    assert "proxies: null" in refusal.text


@pytest.fixture
def process() -> Iterator[int]:
    variables = {"HTTP_PROXY": ENCODED, "NO_PROXY": "a,b", "OTHER_HTTP_PROXY": "x"}
    with subprocess.Popen(["sleep", "60"], env={"PATH": os.environ["PATH"], **variables}) as started:
        yield started.pid
        started.kill()


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
class TestVariablesOfAProcess:
    """Compared on the host by the shell text itself; no value of them is printed."""

    def strange(self, shell: tuple[str, ...], folder: Path, *words: str, file: str | None = None) -> str:
        library = unit_shell.LIBRARY.replace("/etc/sysconfig/docker-provision", str(folder / "variables"))
        if file is not None:
            (folder / "variables").write_text(file)
        said, _ = call(shell, folder, library, " ".join(["strange_variables", *words]))
        assert "p%40ss" not in said
        return said.strip()

    def test_as_asked_for(self, shell: tuple[str, ...], tmp_path: Path, process: int) -> None:
        words = (
            "HTTP_PROXY",
            digest(ENCODED.encode()),
            "NO_PROXY",
            digest(b"a,b"),
            "https_proxy",
            digest(b""),
        )
        assert self.strange(shell, tmp_path, str(process), *words) == ""

    def test_those_that_differ_are_named(self, shell: tuple[str, ...], tmp_path: Path, process: int) -> None:
        words = ("HTTP_PROXY", digest(PLAIN.encode()), "NO_PROXY", digest(b""), "http_proxy", digest(b"x"))
        assert self.strange(shell, tmp_path, str(process), *words) == "HTTP_PROXY NO_PROXY http_proxy"

    @pytest.mark.parametrize(
        ("file", "found"),
        [
            (f"# ours\nHTTP_PROXY={ENCODED}\nhttp_proxy=\nNO_PROXY=a,b\n", ""),
            (f"# ours\nHTTP_PROXY={PLAIN}\nHTTPS_PROXY={PLAIN}\n", "HTTP_PROXY HTTPS_PROXY"),
            (None, ""),
        ],
    )
    def test_where_none_is_named_the_file_counts(
        self, shell: tuple[str, ...], tmp_path: Path, process: int, file: str | None, found: str
    ) -> None:
        assert self.strange(shell, tmp_path, str(process), file=file) == found

    def test_a_process_that_is_gone_says_nothing(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        assert self.strange(shell, tmp_path, "4194304000", "HTTP_PROXY", digest(b"x")) == ""
