"""Item 17: a host that speaks Chinese, to whoever logs in and to its services: what it says is read in English all the
same."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Mapping

from lab import apt
from lab.host import LabHost
from lab.lab import Lab
from tests.lab.state import difference, whole
from tests.lab.support import fab

SPOKEN = {
    "rpm": {"package %s is not installed\n": "未安装软件包 %s \n"},
    "coreutils": {
        "directory": "目录",
        "regular file": "普通文件",
        "regular empty file": "普通空文件",
        "Filesystem": "文件系统",
        "Mounted on": "挂载点",
        "Available": "可用",
    },
    "yum": {
        "Available Packages": "可安装的软件包",
        "Complete!": "完毕！",
        "Dependencies Resolved": "依赖关系解决",
        "Error: Nothing to do": "错误：无须任何处理",
        "Exiting on user command": "根据用户要求退出",
        "Installed Packages": "已安装的软件包",
        "Installing:": "正在安装:",
        "Installing for dependencies:": "为依赖而安装:",
        "Removing:": "正在删除:",
        "Transaction Summary": "事务概要",
    },
}
"""What each program says on a Chinese CentOS 7, as far as anyone might look for its English words."""
TONGUE = "LANG=zh_CN.GBK\nLC_ALL=zh_CN.GBK\nLANGUAGE=zh_CN:zh\n"
SAYS_SO = "rpm -q nothing; stat -c %F /; yum -q install nothing"


def catalog(texts: Mapping[str, str]) -> bytes:
    """What gettext reads translations from, in its binary format."""
    entries = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **texts}.items())
    words = [word.encode() for column in zip(*entries, strict=True) for word in column]
    place = 28 + 8 * len(words)
    head = struct.pack("<7I", 0x950412DE, 0, len(entries), 28, 28 + 8 * len(entries), 0, place)
    table = b""
    for word in words:
        table += struct.pack("<II", len(word), place)
        place += len(word) + 1
    return head + table + b"".join(word + b"\0" for word in words)


def teach(host: LabHost) -> None:
    """From the next boot on: its locales and its programs' translations, for services and for logins of any kind."""
    apt.ensure("locales")
    host.stop()
    for charset in ("UTF-8", "GBK"):
        made = ["localedef", f"--prefix={host.root}", "-i", "zh_CN", "-f", charset, f"zh_CN.{charset}"]
        subprocess.run(made, check=True)
    folder = host.root / "usr/share/locale/zh_CN/LC_MESSAGES"
    folder.mkdir(parents=True)
    for program, texts in SPOKEN.items():
        (folder / f"{program}.mo").write_bytes(catalog(texts))
    (host.root / "etc/locale.conf").write_text("LANG=zh_CN.UTF-8\n")
    exported = "".join(f"export {line}\n" for line in TONGUE.splitlines())
    (host.root / "etc/profile.d/lang.sh").write_text(exported)
    with (host.root / "etc/ssh/sshd_config").open("a") as config:
        config.write("\nPermitUserEnvironment yes\n")
    (host.root / "root/.ssh/environment").write_text(TONGUE)
    host.boot()


def test_item_17_a_host_that_speaks_chinese(lab: Lab, host: LabHost, asked: tuple[str, ...]) -> None:
    teach(host)
    spoken = said(lab).decode("gbk")
    for words in ("未安装软件包 nothing", "目录", "无须任何处理"):
        assert words in spoken
    assert "zh_CN.UTF-8" in host.run("systemctl show-environment").stdout
    before = whole(host)

    absent = fab(lab, "-H", "host1", "setup-docker", "--docker-version", "18.06.1", *asked)
    assert absent.returncode == 1
    assert "doesn't offer docker-ce 18.06.1.ce-3.el7: the nearest on offer is 18.06." in absent.stdout
    assert difference(before, whole(host)) == {}

    done = fab(lab, "-H", "host1", "setup-docker", "--users", "plain", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert host.run("docker version -f '{{.Server.Version}}'").stdout.startswith("18.06.3")
    again = fab(lab, "-H", "host1", "setup-docker", "--users", "plain", *asked)
    assert (again.returncode, "unchanged" in again.stdout) == (0, True), again.stdout
    assert fab(lab, "-H", "host1", "verify", "--users", "plain", *asked).returncode == 0
    gone = fab(lab, "-H", "host1", "uninstall-docker", "--purge-data", "--with-dependencies", *asked[:2])
    assert gone.returncode == 0, gone.stdout + gone.stderr
    left = difference(before, whole(host))
    assert {package.rsplit("-", 2)[0] for package in left.pop("packages", set())} <= {"gpg-pubkey"}
    assert left.keys() <= {"etc"}


def said(lab: Lab) -> bytes:
    """What whoever logs in there reads."""
    words = ["ssh", "-F", str(lab.ssh_config), "-o", "BatchMode=yes", "host1", SAYS_SO]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, env=clean, check=False)
    return done.stdout + done.stderr
