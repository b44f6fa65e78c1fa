"""A host that was set up, as a model that answers the commands of the checks, and that tests make drift."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable
from fnmatch import fnmatch
from typing import Any

from provision.converge import Output
from provision.errors import HostError
from provision.runs import HostRun
from provision.spec import Spec
from provision.templating import render, shipped
from provision.verify import configuration, others, packages
from tests.unit.words import recorded

ASKED = Spec(
    registry_mirrors=("https://abc123.mirror.aliyuncs.com", "https://registry.docker-cn.com"),
    daemon={
        "data-root": "/data/docker",
        "labels": ["zone=a", "rack=7"],
        "live-restore": True,
        "log-driver": "json-file",
        "mtu": 1400,
        "bip": None,
    },
    users=("alice",),
    log_max_size="10m",
    cgroup_driver="cgroupfs",
    bridge_nf=True,
)
"""What the recorded daemon of the model was started with."""

PINNED_KEY = shipped(packages.KEY.lstrip("/"))
REPOSITORY = """\
[docker-ce-stable]
name=Docker CE Stable - $basearch
baseurl=https://mirrors.aliyun.com/docker-ce/linux/centos/7/$basearch/stable
enabled=1
gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-docker-ce
exclude=docker-ce docker-ce-cli docker-ce-rootless-extras containerd.io docker-buildx-plugin
        docker-compose-plugin docker-ce-selinux
"""
BASE = """\
[base]
name=CentOS-$releasever - Base
baseurl=https://mirrors.aliyun.com/centos-vault/7.9.2009/os/$basearch/
gpgcheck=1
"""

BRIDGE = "/proc/sys/net/bridge"
Answer = Output | str | None
"""A whole answer, or what is printed by a command that succeeds; None is a plain failure."""


class ReadOnly:
    """The rest of a `Remote`, which checks have no use for."""

    def watch(self, script: str, on_piece: Callable[[str], None]) -> Output:
        raise AssertionError(f"nothing is watched: {script} {on_piece}")

    def apply(self, run: HostRun, hear: Callable[[str], None], lost: Callable[[str], None]) -> Output:
        raise NotImplementedError("checks change nothing")

    def close(self) -> None:
        pass


class FakeHost(ReadOnly):
    """Answers as a host that was set up. What a test changes before a check is the drift."""

    def __init__(self) -> None:
        self.files = {
            others.YUM_CONF: "[main]\nplugins=1\n",
            "/etc/os-release": 'ID="centos"\nVERSION_ID="7"\n',
            others.REPOSITORY: REPOSITORY,
            f"{others.REPOSITORIES}/CentOS-Base.repo": BASE,
            packages.KEY: PINNED_KEY.decode(),
            configuration.DAEMON_JSON: json.dumps({**ASKED.settings(), "dns": ["10.0.0.2"]}).replace(
                '"bip": null, ', ""
            ),
            configuration.SYSCTLS: render(f"{configuration.SYSCTLS.lstrip('/')}.j2", digit="1").decode(),
            configuration.MODULES: shipped(configuration.MODULES.lstrip("/")).decode(),
            **{f"{BRIDGE}/bridge-nf-call-{name}": "1\n" for name in ("iptables", "ip6tables")},
            configuration.DROP_IN: shipped(configuration.DROP_IN.lstrip("/")).decode(),
        }
        self.packages = ["rpm 4.11.3-48.el7_9", "docker-ce 18.06.3.ce-3.el7", "gpg-pubkey 621e9f35-58adea78"]
        self.imported = PINNED_KEY.decode()
        self.unit = {
            "ActiveState": "active",
            "UnitFileState": "enabled",
            "DropInPaths": f"/etc/systemd/system/docker.service.d/proxy.conf {configuration.DROP_IN}",
            "NeedDaemonReload": "no",
        }
        self.failed_units = ""
        self.info: dict[str, Any] = json.loads(recorded.run("dockerd/02", "{{json .}}").output)
        self.server = "18.06.3-ce+lab"
        self.docker: Output | None = None
        """What docker says instead of the above."""
        self.socket: tuple[str, str, str] | None = ("root", "docker", "660")
        self.groups = {"docker"}
        self.users = {"alice": "alice wheel docker", "bob": "bob"}
        self.images: set[str] = set()
        self.commands: list[str] = []
        self._handlers: dict[str, Callable[..., Answer]] = {
            r"uname -s": lambda: "Linux\n",
            r"uname -m": lambda: "x86_64\n",
            r"test -[ef] (\S+)": lambda path: "" if path in self.files else None,
            r"test -S (\S+)": lambda _path: "" if self.socket else None,
            r"stat -Lc %([UGa]) (\S+)": self._stat,
            r"cat (?:-- )?(\S+)": lambda path: self.files[path],
            r"sha256sum (\S+) \| cut -d ' ' -f 1": lambda path: hashlib.sha256(
                self.files[path].encode()
            ).hexdigest(),
            r"ls -1 -q -- /etc/yum\.repos\.d": self._list_repositories,
            r"readlink -m -- (\S+)": lambda path: path + "\n",
            r"rpm -qa --qf '%{NAME} %{VERSION}-%{RELEASE}\\n' (.*)": self._rpm,
            r"rpm -q --qf '%{DESCRIPTION}' gpg-pubkey-\w+": lambda: self.imported,
            r"systemctl show -p (.*) -- docker\.service": self._show,
            r"systemctl list-units --all --state=failed .*": lambda: self.failed_units,
            r"timeout -k 5 20 docker -H unix:///var/run/docker\.sock image inspect -- (\S+)": lambda name: (
                "[{}]" if name in self.images else None
            ),
            r"timeout -k 5 20 docker -H unix:///var/run/docker\.sock (.*)": self._docker,
            r"getent group (\w+)": lambda name: (
                f"{name}:x:991:\n" if name in self.groups else Output("", "", 2)
            ),
            r"id (\w+)": lambda name: "" if name in self.users else None,
            r"id -nG (\w+)": lambda name: self.users[name],
        }

    def read(self, script: str, *, timeout: float | None = None) -> Output:  # noqa: ARG002  Remote's signature
        words = shlex.split(script)
        command = words[words.index("-c") + 1]
        self.commands.append(command)
        for pattern, handler in self._handlers.items():
            if match := re.fullmatch(pattern, command):
                answer = handler(*match.groups())
                if isinstance(answer, Output):
                    return answer
                return Output("", "", 1) if answer is None else Output(answer, "", 0)
        raise KeyError(command)

    def _stat(self, what: str, _path: str) -> Answer:
        return dict(zip("UGa", self.socket, strict=True))[what] if self.socket else None

    def _list_repositories(self) -> str:
        return "".join(
            f"{path.rpartition('/')[2]}\n" for path in self.files if path.startswith(others.REPOSITORIES)
        )

    def _rpm(self, names: str) -> str:
        globs = shlex.split(names)
        found = [each for each in self.packages if any(fnmatch(each.split()[0], glob) for glob in globs)]
        return "".join(f"{each}\n" for each in found)

    def _show(self, properties: str) -> str:
        return "".join(f"{name}={self.unit[name]}\n" for name in properties.split(" -p "))

    def _docker(self, command: str) -> Answer:
        if self.docker is not None:
            return self.docker
        return {
            "info -f '{{json .}}'": json.dumps(self.info),
            "version -f '{{.Server.Version}}'": self.server,
        }[command]


class LostHost(ReadOnly):
    """A host to which there is no way."""

    def __init__(self, error: HostError) -> None:
        self.asked = 0
        self._error = error

    def read(self, script: str, *, timeout: float | None = None) -> Output:  # noqa: ARG002  Remote's signature
        self.asked += 1
        raise self._error
