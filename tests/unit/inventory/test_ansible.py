"""Ansible's inventories as they are: what counts there counts here, and what can't be carried over is named."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from provision.errors import OperatorError
from provision.inventory import Host, Inventory, Origin, Ssh, ansible, load
from provision.inventory.ansiblevars import PASSWORDS, SSH, translate
from provision.report import hostlist
from provision.secret import Secret
from provision.spec import build
from provision.yamlmarks import Place
from tests.unit.inventory.samples import FOLDER

SAMPLES = sorted(path.name for path in (FOLDER).iterdir())


@pytest.fixture(autouse=True)
def _vault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password of the samples' vaults is where Ansible looks for it."""
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(FOLDER.parent / "vault-password"))


@cache
def sample(name: str) -> Inventory:
    """One of the samples; each costs two runs of ansible-inventory."""
    return load(str(FOLDER / name))


def listed(path: Path) -> dict[str, dict[str, Any]]:
    """What Ansible itself says counts for each host."""
    program = str(Path(sys.executable).parent / "ansible-inventory")
    done = subprocess.run([program, "-i", str(path), "--list"], capture_output=True, text=True, check=True)
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)["_meta"]["hostvars"]
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_what_counts_with_ansible_counts_here(name: str) -> None:
    found = sample(name)
    theirs = listed(FOLDER / name)
    assert found.hosts
    for host in found.hosts:
        expected = theirs.get(host.name, {})
        assert host.ssh.address == expected.get("ansible_host", host.name)
        assert host.ssh.user == expected.get("ansible_user")
        assert host.ssh.port == (int(expected["ansible_port"]) if "ansible_port" in expected else None)
        assert host.ssh.identity == expected.get("ansible_ssh_private_key_file")
        asked = build(*host.specs)
        assert list(asked.users) == expected.get("docker_provision_users", [])
        assert asked.docker_version == expected.get("docker_provision_docker_version", "18.06.3")


def named(found: Inventory) -> dict[str, Host]:
    return {host.name: host for host in found.hosts}


def test_who_said_it_is_known() -> None:
    found = named(sample("hosts.ini"))
    origins = {key: origin for key, origin, _ in found["db1"].said()}
    assert origins == {
        "ssh.user": "group prod",
        "ssh.address": "host db1",
        "ssh.gateway": "group db",
        "spec.users": "group db",
    }


def test_what_group_vars_say_outranks_inventory_files_as_with_ansible() -> None:
    found = named(sample("folder"))
    said = {key: (origin, located.plain()) for key, origin, located in found["web1"].said()}
    assert said["ssh.user"] == ("ansible-inventory", "of-group-vars-all")


def test_jump_hosts_are_carried_over() -> None:
    found = named(sample("hosts.ini"))
    assert found["db1"].ssh.gateway == "jump@bastion:2200"
    assert found["web02"].ssh.gateway is None


def test_what_is_left_is_named_with_its_hosts() -> None:
    left = sample("left.yml").left
    assert sorted(left) == [
        "'StrictHostKeyChecking no' in ansible_ssh_common_args (say it in ssh_config) of odd1",
        "ansible_become_method=su (it is always sudo here) of odd[1-2]",
        "ansible_connection=local (hosts are reached by SSH alone: left out) of here",
        "ansible_host, a template (left out) of odd3",
        "ansible_shell_type of odd1",
    ]
    assert set(named(sample("left.yml"))) == {"odd1", "odd2"}


def test_a_variable_of_ours_that_does_not_exist_is_told(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("all: {hosts: {a: {docker_provision_user: [x]}}}")
    with pytest.raises(OperatorError, match="did you mean docker_provision_users"):
        load(str(tmp_path / "hosts.yml"))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("hosts.yml", "web:\n  hosts:\n    a: {x: [1\n", "hosts.yml: "),
        ("hosts.ini", "[web\na x=1\n", "ansible-inventory can't read it: Failed to parse inventory"),
        ("hosts.ini", "[web]\na x='\n", "ansible-inventory can't read it: "),
    ],
)
def test_what_ansible_can_not_read_is_told_in_one_line(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(OperatorError) as error:
        load(str(path))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_vault_without_its_password_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE")
    with pytest.raises(OperatorError, match=r"ansible-inventory can't read it: .*vault"):
        load(str(FOLDER / "folder"))


def test_without_ansible_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OperatorError, match=r"install docker-provision\[ansible\]"):
        load(str(FOLDER / "hosts.ini"))


@pytest.mark.parametrize(
    ("variables", "way"),
    [
        ({"ansible_ssh_host": "10.0.0.1", "ansible_host": "b"}, Ssh("10.0.0.1")),
        ({"ansible_host": "b", "ansible_ssh_host": None, "ansible_port": None}, Ssh("b")),
        (
            {"ansible_ssh_user": "u", "ansible_user": "{{ v }}", "ansible_ssh_port": 1},
            Ssh("a", user="u", port=1),
        ),
        ({"ansible_port": "2222", "ansible_user": 1000}, Ssh("a", user="1000", port=2222)),
        ({"ansible_ssh_common_args": "-o ProxyJump=b,c:22"}, Ssh("a", gateway="b,c:22")),
        ({"ansible_ssh_common_args": "-oProxyJump=b"}, Ssh("a", gateway="b")),
        ({"ansible_ssh_common_args": "-J b"}, Ssh("a", gateway="b")),
        ({"ansible_ssh_common_args": '-o "ProxyJump b"'}, Ssh("a", gateway="b")),
        ({"ansible_ssh_extra_args": '-o ProxyCommand="ssh -W %h:%p -q u@b"'}, Ssh("a", gateway="u@b")),
        ({"ansible_ssh_common_args": '-o ProxyCommand="ssh -p 99 -W %h:%p b"'}, Ssh("a", gateway="b:99")),
        ({"ansible_ssh_common_args": '-o ProxyCommand="nc %h %p"'}, Ssh("a")),
    ],
)
def test_the_way_to_a_host(variables: dict[str, Any], way: Ssh) -> None:
    found = translate(variables, Place("i"))
    assert Ssh(**{"address": "a", **{key: each.plain() for key, each in found.ssh.items()}}) == way  # type: ignore[arg-type]
    assert bool(found.left) is ("nc %h" in str(variables))


def test_of_several_names_that_one_counts_which_counts_with_ansible(tmp_path: Path) -> None:
    """Ansible itself is asked, for every choice of the names that there are, those of a group among them."""
    names: dict[str, list[str]] = {}
    for variable, key in {**SSH, **PASSWORDS}.items():
        names.setdefault(key, []).append(variable)
    said = {
        f"h{choice}": {
            variable: choice * 10 + number
            for of_key in names.values()
            for number, variable in enumerate(of_key)
            if choice >> number & 1
        }
        for choice in range(8)
    }
    of_group = {"ansible_ssh_user": "g", "ansible_port": 99, "ansible_become_pass": "g"}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"vars": of_group, "hosts": said}}))
    options = ", ".join(
        f"'{each}'" for each in ("host", "remote_user", "port", "private_key_file", "password")
    )
    asking = (
        f"msg={{{{ lookup('config', {options}, plugin_type='connection', plugin_name='ssh', wantlist=true)"
        " + lookup('config', 'become_pass', plugin_type='become', plugin_name='sudo', wantlist=true) }}"
    )
    program = str(Path(sys.executable).parent / "ansible")
    words = [program, "-i", str(tmp_path / "hosts.json"), "all", "-m", "debug", "-a", asking]
    answer = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    theirs = re.findall(r"^(\w+) \| SUCCESS => (\{.*?^\})", answer, re.MULTILINE | re.DOTALL)
    assert {name for name, _ in theirs} == {*said}
    for name, told in theirs:
        found = translate({**of_group, **said[name]}, Place("i")).ssh
        ours = [
            each and str(each.value.value if isinstance(each.value, Secret) else each.value)
            for each in map(found.get, ("address", "user", "port", "identity", "password", "sudo_password"))
        ]
        if "address" not in found:
            ours[0] = name
        assert ours == [each and str(each) for each in json.loads(told)["msg"]]


def test_passwords_are_carried_in_memory_and_shown_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = str(Path(sys.executable).parent / "ansible-vault")
    words = [vault, "encrypt_string", "geheim-vault", "--name", "ansible_become_password"]
    sealed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    hosts = {
        "a": {"ansible_password": "geheim-a"},
        "b": {"ansible_ssh_pass": "{{ word }}"},
        "c": {"ansible_sudo_pass": "{{ lookup('env', 'OF_C') }}"},
    }
    variables = f"{indent(sealed, '    ')}\n    word: geheim-word"
    (tmp_path / "hosts.yml").write_text(f"all:\n  hosts: {json.dumps(hosts)}\n  vars:\n{variables}\n")
    found = load(str(tmp_path / "hosts.yml"))
    assert found.left == ()
    listed = [(host, build()) for host in found.hosts]
    shown = json.dumps([hostlist.plain(*each) for each in listed])
    shown += "".join(line.plain for line in hostlist.view(listed))
    assert "geheim" not in shown + repr(found)
    assert '"sudo_password": {"value": "***"' in shown
    assert "env:OF_C" in shown

    monkeypatch.setenv("OF_C", "geheim-c")
    ways = {host.name: host.ssh.fetched() for host in found.hosts}
    fetched = {
        name: [each and each.value for each in (way.password, way.sudo_password)]
        for name, way in ways.items()
    }
    assert fetched == {
        "a": ["geheim-a", "geheim-vault"],
        "b": ["geheim-word", "geheim-vault"],
        "c": [None, "geheim-c"],
    }
    assert "geheim" not in repr(ways)


def test_a_vaulted_password_without_the_vaults_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE")
    text = "$ANSIBLE_VAULT;1.1;AES256\n3030\n"
    found = translate({"ansible_become_pass": {"__ansible_vault": text}}, Place("i"))
    (host,) = Inventory((Host("a", (Origin("all", ssh=found.ssh),)),)).hosts
    with pytest.raises(
        OperatorError, match=r"ansible_become_pass: sudo_password: it is vaulted, and .*ansible-vault"
    ):
        host.ssh.fetched()


@pytest.mark.parametrize(
    ("variables", "left"),
    [
        ({"ansible_password": "{{ a + b }}"}, ["ansible_password, a template"]),
        ({"ansible_password": "{{ gone }}"}, ["ansible_password, a template"]),
        ({"ansible_password": "{{ b }}", "b": "{{ c }}"}, ["ansible_password, a template"]),
        ({"ansible_password": ""}, []),
    ],
)
def test_what_can_not_be_carried_of_passwords_is_named(variables: dict[str, Any], left: list[str]) -> None:
    found = translate(variables, Place("i"))
    assert (found.left, found.ssh) == (left, {})


@pytest.mark.parametrize(
    "errors",
    [
        "[ERROR]: it broke",
        "ERROR! it broke",
        "[WARNING]: Failed to parse inventory with 'ini' plugin: it broke\nx",
    ],
)
def test_the_reason_is_what_ansible_says(errors: str) -> None:
    assert ansible.reason(errors) == "it broke"
