"""Item 8: repositories that are dead, CentOS's own and other people's."""

from __future__ import annotations

import pytest

from lab import keys, mirror
from lab.host import LabHost
from lab.lab import Lab
from lab.mirror import Fault
from tests.el7_repos import BASE
from tests.lab.state import difference, whole
from tests.lab.support import fab, kill_base_repositories

FOLDER = "/etc/yum.repos.d"
ARCHIVES = {
    "aliyun": "https://mirrors.aliyun.com/centos-vault/7.9.2009",
    "official": "https://vault.centos.org/7.9.2009",
    "tuna": "https://mirrors.tuna.tsinghua.edu.cn/centos-vault/7.9.2009",
}
VAULT = "sed -n 's/^baseurl=//p' /etc/yum.repos.d/centos-vault.repo"
SWITCHED_OFF = f"grep -c '^enabled=0$' {FOLDER}/CentOS-Base.repo"

# -- CentOS's own


@pytest.fixture
def untouched(host: LabHost) -> LabHost:
    """host1 with the repositories as CentOS 7.9 shipped them: their servers have no address any more."""
    kill_base_repositories(host)
    return host


@pytest.fixture(scope="session")
def base_key() -> tuple[str, ...]:
    """The lab's hosts have the lab's own key where CentOS 7 has CentOS's: that has to be said."""
    return ("--base-key", str(keys.centos_key()))


def refusal(lab: Lab, *flags: str) -> str:
    done = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert done.returncode == 1, done.stdout + done.stderr
    return next(line for line in done.stdout.splitlines() if line.startswith("host1: refused"))


def test_item_8_dead_base_repositories_are_refused_with_the_remedy(
    lab: Lab, untouched: LabHost, asked: tuple[str, ...]
) -> None:
    before = whole(untouched)
    untouched.run(
        "mv /usr/bin/yum /usr/bin/yum.away"
    )  # neither yum nor DNS is asked: the lab's hosts have none
    for command in ("plan", "setup-docker"):
        done = fab(lab, "-H", "host1", command, *asked)
        assert done.returncode == 1
        line = next(line for line in done.stdout.splitlines() if line.startswith("host1: refused"))
        for words in ("base, updates, extras", f"{FOLDER}/CentOS-Base.repo", "--fix-base-repos"):
            assert words in line
    assert difference(before, whole(untouched)) == {}


def test_item_8_an_archive_stands_in(
    lab: Lab, untouched: LabHost, asked: tuple[str, ...], base_key: tuple[str, ...]
) -> None:
    flags = ("--fix-base-repos", "official", *base_key, *asked)
    done = fab(lab, "-H", "host1", "setup-docker", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert untouched.run("systemctl is-active docker").stdout == "active\n"
    assert untouched.run(VAULT).stdout.split() == [
        f"{ARCHIVES['official']}/{folder}/$basearch/" for folder in ("os", "updates", "extras")
    ]
    assert untouched.run(SWITCHED_OFF).stdout == "4\n"
    assert untouched.run(f"cat /var/lib/docker-provision/originals{FOLDER}/CentOS-Base.repo").stdout == BASE
    # yum itself is content: nothing dead is left on, everything is signed by CentOS's key
    assert untouched.run("yum -q makecache").stderr == ""
    before = whole(untouched)
    for again in (flags, asked):
        done = fab(lab, "-H", "host1", "setup-docker", *again)
        assert "nothing to do" in done.stdout, done.stdout
    assert difference(before, whole(untouched)) == {}


@pytest.mark.parametrize(("words", "archive"), [((), "aliyun"), (("tuna",), "tuna")])
def test_item_8_the_flag_alone_means_aliyun(
    lab: Lab, untouched: LabHost, base_key: tuple[str, ...], words: tuple[str, ...], archive: str
) -> None:
    done = fab(lab, "-H", "host1", "setup-docker", "--only", "base", *base_key, "--fix-base-repos", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert untouched.run(VAULT).stdout.startswith(ARCHIVES[archive])
    assert untouched.run("yum -q makecache").stderr == ""


def test_item_8_the_change_is_undone_by_its_comments_and_uninstalling_lists_it(
    lab: Lab, untouched: LabHost, asked: tuple[str, ...], base_key: tuple[str, ...]
) -> None:
    assert fab(lab, "-H", "host1", "setup-docker", "--fix-base-repos", *base_key, *asked).returncode == 0
    done = fab(lab, "-H", "host1", "uninstall-docker", *asked[:2])
    assert done.returncode == 0, done.stdout + done.stderr
    for path in (f"{FOLDER}/CentOS-Base.repo", f"{FOLDER}/centos-vault.repo"):
        assert path in done.stdout
    assert "stay as mended" in done.stdout
    assert untouched.run("yum -q makecache").stderr == ""
    undo = "sed -i '/^# switched off by docker-provision/,+1d; s/^# before: //' "
    assert untouched.run(f"{undo} {FOLDER}/CentOS-Base.repo; cat {FOLDER}/CentOS-Base.repo").stdout == BASE


def test_item_8_only_centos_own_key_is_taken(lab: Lab, untouched: LabHost, asked: tuple[str, ...]) -> None:
    before = whole(untouched)
    said = refusal(lab, "--fix-base-repos", "aliyun", *asked)
    assert "6341AB2753D78A78A7C27BB124C6A8A7F4A80EB5" in said
    assert "--base-key" in said
    assert difference(before, whole(untouched)) == {}


def test_item_8_an_archive_that_does_not_answer_leaves_all_as_it_was(
    lab: Lab, untouched: LabHost, asked: tuple[str, ...], base_key: tuple[str, ...]
) -> None:
    before = whole(untouched)
    try:
        mirror.set_faults(lab.folder, Fault(host="vault.centos.org", status=503))
        said = refusal(lab, "--fix-base-repos", "official", *base_key, *asked)
    finally:
        mirror.set_faults(lab.folder)
    assert "centos-vault-os" in said
    assert "another archive" in said
    assert difference(before, whole(untouched)) == {}


def test_item_8_a_host_that_has_its_docker_is_not_refused(
    lab: Lab, converged: LabHost, asked: tuple[str, ...], base_key: tuple[str, ...]
) -> None:
    kill_base_repositories(converged)
    before = whole(converged)
    assert "nothing to do" in fab(lab, "-H", "host1", "setup-docker", *asked).stdout
    assert difference(before, whole(converged)) == {}
    # but mended, if that is asked for
    assert fab(lab, "-H", "host1", "setup-docker", "--fix-base-repos", *base_key, *asked).returncode == 0
    assert converged.run(SWITCHED_OFF).stdout == "4\n"


def test_item_8_others_that_stand_in_are_enough(lab: Lab, untouched: LabHost, asked: tuple[str, ...]) -> None:
    """A mirror of one's own in CentOS's layout, beside the dead ones that were left on."""
    untouched.run(
        "for name in os updates extras; do printf '[corp-%s]\\nbaseurl=https://mirrors.aliyun.com/centos-vault/"
        "7.9.2009/%s/$basearch/\\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-CentOS-7\\n' $name $name; "
        f"done >{FOLDER}/corp.repo"
    )
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (untouched.root / FOLDER.lstrip("/") / "CentOS-Base.repo").read_text() == BASE


# -- other people's

HOLES = ("192.0.2.1", "192.0.2.2", "192.0.2.3")
"""Addresses for documentation (RFC 5737): nobody has them, and what goes there is dropped."""

BLACK_HOLES = "".join(
    f"[hole{number}]\nbaseurl=http://{address}/{number}/\n" for number, address in enumerate(HOLES)
)
THIRD_PARTIES = {
    "black holes": BLACK_HOLES,
    # a name that is gone, a port that refuses, a server without the files, a certificate that nobody trusts
    "others": (
        "[gone]\nmirrorlist=http://mirrors.gone.example/list\n"
        "[refuses]\nbaseurl=http://127.0.0.1:9/\n"
        "[empty]\nbaseurl=https://mirrors.aliyun.com/nothing/here/\n"
        "[strange]\nbaseurl=https://mirrors.aliyun.com/x/\nsslcacert=/etc/hostname\n"
    ),
}


@pytest.mark.parametrize("name", THIRD_PARTIES)
def test_item_8_other_peoples_dead_repositories_stop_nothing(
    lab: Lab, host: LabHost, asked: tuple[str, ...], name: str
) -> None:
    host.run(f"cat >/etc/yum.repos.d/epel.repo <<'END'\n{THIRD_PARTIES[name]}END\n")
    for address in HOLES:
        host.run(f"iptables -A OUTPUT -d {address} -j DROP")
    done = fab(lab, "-H", "host1", "setup-docker", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert host.run("systemctl is-active docker").stdout == "active\n"
    if name == "black holes":
        assert "left out, for nobody answers there within 15 s: hole0,hole1,hole2" in done.stdout
    else:
        assert "left out" not in done.stdout
