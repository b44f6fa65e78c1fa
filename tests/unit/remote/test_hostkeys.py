"""What is said about the keys that hosts show."""

from __future__ import annotations

from pathlib import Path

import paramiko
import pytest

from provision.errors import OperatorError, Unreachable
from provision.remote.hostkeys import HostKeyPolicy, fingerprint
from provision.remote.sshconfig import HostOptions, Strictness
from tests.unit.remote.keys import ed25519, known_line


@pytest.fixture
def key(tmp_path: Path) -> paramiko.PKey:
    """The host's key."""
    return ed25519(tmp_path / "host_key")


@pytest.fixture
def other(tmp_path: Path) -> paramiko.PKey:
    """Somebody else's key."""
    return ed25519(tmp_path / "other_key")


def policy(
    *files: Path,
    strictness: Strictness = Strictness.YES,
    host: str = "web",
    port: int = 22,
    alias: str | None = None,
    hashed: bool = False,
) -> HostKeyPolicy:
    """The judge of one host's keys."""
    options = HostOptions(
        strictness=strictness,
        known_hosts=files,
        record=files[0] if files else None,
        key_alias=alias,
        hash_names=hashed,
        identities_only=False,
        keepalive=30,
    )
    return HostKeyPolicy(host, port, options)


def judge(judge_of_host: HostKeyPolicy, key: paramiko.PKey) -> None:
    """What paramiko does with a key that a server shows."""
    client = paramiko.SSHClient()
    judge_of_host.missing_host_key(client, "name that paramiko made", key)


@pytest.mark.parametrize(
    ("names", "host", "port"),
    [
        ("web", "web", 22),
        ("db,web,10.0.0.1", "web", 22),
        ("[web]:2222", "web", 2222),
        ("web", "WEB", 22),
        ("*.lan,!db.lan", "web.lan", 22),
        ("w?b", "web", 22),
        ("web", "web", 2222),  # ssh, too, takes a key that is known without the port
        pytest.param(paramiko.HostKeys.hash_host("web"), "web", 22, id="hashed"),
        pytest.param(paramiko.HostKeys.hash_host("[web]:2222"), "web", 2222, id="hashed with its port"),
    ],
)
def test_known_key_is_taken(tmp_path: Path, key: paramiko.PKey, names: str, host: str, port: int) -> None:
    known = tmp_path / "known"
    known.write_text(f"# comment\n\nbroken line\n|1|broken|line ssh-rsa AAAA\n{known_line(names, key)}")
    found = policy(known, host=host, port=port)
    judge(found, key)
    assert found.known_kinds() == ("ssh-ed25519",)


@pytest.mark.parametrize(
    "names",
    ["db", "[web]:2222", "*.lan", "!web,*", pytest.param(paramiko.HostKeys.hash_host("db"), id="hashed")],
)
def test_unknown_key_is_refused_with_fingerprint_and_remedy(
    tmp_path: Path, key: paramiko.PKey, names: str
) -> None:
    known = tmp_path / "known"
    known.write_text(known_line(names, key))
    with pytest.raises(Unreachable) as refusal:
        judge(policy(known), key)
    text = str(refusal.value)
    assert "web is unknown" in text
    assert fingerprint(key.get_base64()) in text
    assert f"ssh-keyscan -p 22 web >> {known}" in text
    assert "/etc/ssh/ssh_host_ed25519_key.pub" in text
    assert "\n" not in text


def test_fingerprint_is_ssh_keygen_s(key: paramiko.PKey) -> None:
    assert fingerprint(key.get_base64()) == key.fingerprint
    assert fingerprint("damaged") == "a damaged key"


@pytest.mark.parametrize("strictness", list(Strictness))
def test_changed_key_is_refused_under_every_setting(
    tmp_path: Path, key: paramiko.PKey, other: paramiko.PKey, strictness: Strictness
) -> None:
    known = tmp_path / "known"
    known.write_text("# one\n" + known_line("web", other))
    with pytest.raises(Unreachable) as refusal:
        judge(policy(known, strictness=strictness), key)
    text = str(refusal.value)
    assert "web changed" in text
    assert f"{known}:2 holds ssh-ed25519 {fingerprint(other.get_base64())}" in text
    assert f"the host shows ssh-ed25519 {fingerprint(key.get_base64())}" in text
    assert f"ssh-keygen -R 'web' -f {known}" in text
    assert "\n" not in text


def test_key_of_another_type_counts_as_changed(tmp_path: Path, key: paramiko.PKey) -> None:
    known = tmp_path / "known"
    known.write_text("web ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==\n")
    found = policy(known)
    assert found.known_kinds() == ("ssh-rsa",)
    with pytest.raises(Unreachable, match="changed"):
        judge(found, key)


def test_key_of_the_host_without_port_is_never_held_against_one_with_port(
    tmp_path: Path, key: paramiko.PKey, other: paramiko.PKey
) -> None:
    known = tmp_path / "known"
    known.write_text(known_line("web", other))
    with pytest.raises(Unreachable, match="unknown"):
        judge(policy(known, port=2222), key)


def test_alias_is_looked_up_in_place_of_name_and_port(tmp_path: Path, key: paramiko.PKey) -> None:
    known = tmp_path / "known"
    known.write_text(known_line("the-box", key))
    judge(policy(known, host="127.0.0.1", port=2222, alias="the-box"), key)


def test_revoked_key_is_refused_even_where_it_is_known(tmp_path: Path, key: paramiko.PKey) -> None:
    known = tmp_path / "known"
    known.write_text(known_line("web", key) + f"@revoked * {known_line('', key).strip()}\n")
    with pytest.raises(Unreachable, match="revoked"):
        judge(policy(known, strictness=Strictness.NO), key)


def test_certificate_authority_vouches_for_nothing(tmp_path: Path, key: paramiko.PKey) -> None:
    known = tmp_path / "known"
    known.write_text("@cert-authority " + known_line("*", key))
    with pytest.raises(Unreachable, match="unknown"):
        judge(policy(known), key)


@pytest.mark.parametrize("strictness", [Strictness.ACCEPT_NEW, Strictness.NO])
def test_new_key_is_taken_and_kept_where_that_was_asked_for(
    tmp_path: Path, key: paramiko.PKey, other: paramiko.PKey, strictness: Strictness
) -> None:
    known = tmp_path / "new" / "known"
    taken = policy(known, strictness=strictness, port=2222)
    judge(taken, key)
    assert known.read_text() == known_line("[web]:2222", key)
    assert (known.stat().st_mode & 0o777, known.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    judge(taken, key)
    assert known.read_text().count("\n") == 1
    with pytest.raises(Unreachable, match="changed"):
        judge(policy(known, strictness=strictness, port=2222), other)


def test_new_key_is_added_behind_a_line_without_its_end(
    tmp_path: Path, key: paramiko.PKey, other: paramiko.PKey
) -> None:
    known = tmp_path / "known"
    known.write_text(known_line("db", other).strip())
    judge(policy(known, strictness=Strictness.ACCEPT_NEW), key)
    assert known.read_text() == known_line("db", other) + known_line("web", key)


def test_new_key_is_kept_under_a_hashed_name_where_ssh_would(tmp_path: Path, key: paramiko.PKey) -> None:
    known = tmp_path / "known"
    judge(policy(known, strictness=Strictness.ACCEPT_NEW, hashed=True), key)
    text = known.read_text()
    assert text.startswith("|1|")
    assert "web" not in text
    assert paramiko.HostKeys(str(known)).check("web", key)


def test_new_key_is_taken_without_a_file_to_keep_it(key: paramiko.PKey) -> None:
    judge(policy(strictness=Strictness.NO, host="throw-away"), key)


def test_known_hosts_that_can_not_be_read_are_the_operator_s_matter(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="known hosts"):
        policy(tmp_path)
