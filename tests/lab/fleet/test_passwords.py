"""A host whose sudo wants a password, which the inventory refers to: it is used, and it is nowhere to be read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.support import BIN, CHECKOUT

REFERENCE = "OF_THE_LAB"


def fab_with(lab: Lab, folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """fab with a journal of its own, and no key to log in by."""
    return subprocess.run(
        [str(BIN / "fab"), "--ssh-config", str(folder / "ssh_config"), *words],
        cwd=CHECKOUT,
        env={**os.environ, "XDG_STATE_HOME": str(folder / "state"), "HOME": str(folder), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture
def folder(lab: Lab, host: LabHost, tmp_path: Path) -> Path:
    """A home without keys, in which the host is known."""
    text = f"Host host1\n  HostName {host.address}\n  User pw\n  UserKnownHostsFile {lab.known_hosts}\n"
    (tmp_path / "ssh_config").write_text(text)
    return tmp_path


def written(folder: Path) -> bytes:
    """All that a run has left on this machine."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_both_passwords_are_used_by_reference_and_read_anew(lab: Lab, host: LabHost, folder: Path) -> None:
    inventory = folder / "inventory.yaml"
    ways = {"password": f"env:{REFERENCE}", "sudo_password": f"command:printenv {REFERENCE}"}
    asked = {"repo_key": str(lab.repo_key), "ack_eol": True}
    inventory.write_text(json.dumps({"hosts": {"host1": {"ssh": ways, "spec": asked}}}))
    words = ("setup-docker", "--inventory", str(inventory), "--only", "repos", "--json")
    told = fab_with(lab, folder, *words)
    assert told.returncode == 2
    assert f"password: the environment variable {REFERENCE} isn't set here" in told.stderr

    wrong = fab_with(lab, folder, *words, **{REFERENCE: "wrong"})
    assert wrong.returncode == 1
    assert "login as pw failed; tried: the password" in wrong.stdout
    again = fab_with(lab, folder, "resume", "--failed", **{REFERENCE: lab.password})
    assert again.returncode == 0, again.stderr
    assert host.run("test -e /etc/yum.repos.d/docker-ce.repo", check=False).returncode == 0
    listed = fab_with(lab, folder, "hosts", "--inventory", str(inventory), "--json")
    said = wrong.stdout + wrong.stderr + again.stdout + again.stderr + listed.stdout
    assert f"env:{REFERENCE}" in listed.stdout
    assert lab.password not in said
    assert lab.password.encode() not in written(folder)
    kept = host.run(
        "grep -rlF 's $ecret' /var/lib/docker-provision /var/log || true"
    )  # part of the lab's password
    assert kept.stdout == ""


def test_those_of_an_ansible_inventory_are_opened_in_memory(lab: Lab, folder: Path) -> None:
    (folder / "vault-password").write_text("opens\n")
    opens = {
        "ANSIBLE_VAULT_PASSWORD_FILE": str(folder / "vault-password"),
        "ANSIBLE_HOME": str(folder / "ansible"),
    }
    sealed = subprocess.run(
        [Path(sys.executable).parent / "ansible-vault", "encrypt_string", lab.password, "--name", "sealed"],
        env={**os.environ, **opens},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    inventory = folder / "hosts.yml"
    inventory.write_text(
        "all:\n  hosts: {host1: {ansible_password: '{{ sealed }}', ansible_become_pass: '{{ sealed }}'}}\n"
        "  vars:\n" + "".join(f"    {line}\n" for line in sealed.splitlines())
    )
    done = fab_with(lab, folder, "facts", "--inventory", str(inventory), **opens)
    assert done.returncode == 0, done.stderr
    assert "CentOS Linux 7" in done.stdout
    assert lab.password not in done.stdout + done.stderr
    shut = fab_with(lab, folder, "facts", "--inventory", str(inventory))
    assert (shut.returncode, len(shut.stderr.splitlines())) == (2, 1), shut.stderr
    assert "it is vaulted, and ansible-vault can't open it" in shut.stderr
