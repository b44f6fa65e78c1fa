"""ssh_config as OpenSSH reads it."""

from __future__ import annotations

from pathlib import Path

import fabric
import paramiko
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.errors import OperatorError
from provision.remote.sshconfig import (
    KEEPALIVE,
    SSHConfig,
    Strictness,
    complete,
    expand,
    host_options,
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, with an empty ~/.ssh."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    return tmp_path


def loaded(home: Path, text: str) -> SSHConfig:
    """What `fab -S FILE` leads to."""
    path = home / "given_config"
    path.write_text(text)
    config = fabric.Config(runtime_ssh_path=str(path))
    complete(config)
    found = config.base_ssh_config
    assert isinstance(found, SSHConfig)
    return found


def test_include_stands_where_it_is_written(home: Path) -> None:
    (home / ".ssh" / "more").write_text("Host web\n  User included\n  Port 2200\n")
    found = loaded(home, "Host web\n User first\n\nHost *\n Include more\n Port 22\n").lookup("web")
    assert (found["user"], found["port"]) == ("first", "2200")


def test_include_within_a_host_block_holds_for_that_host_only(home: Path) -> None:
    (home / ".ssh" / "more").write_text("User loose\nHost *.lan\n Port 2200\n")
    config = loaded(home, "Host db.lan db\n Include more\n IdentityFile x\n")
    assert config.lookup("db.lan")["port"] == "2200"
    assert config.lookup("db")["user"] == "loose"
    assert "port" not in config.lookup("db")
    assert "user" not in config.lookup("web.lan")
    assert list(config.lookup("db")["identityfile"]) == ["x"], "the block goes on behind its Include"


def test_include_within_match_all_and_a_match_within_an_include(home: Path) -> None:
    (home / ".ssh" / "more").write_text("Host web\n Port 2200\nMatch all\n User everyone\n")
    config = loaded(home, "Match all\n Include more\n")
    assert config.lookup("web")["port"] == "2200"
    assert "port" not in config.lookup("db")
    assert config.lookup("db")["user"] == "everyone"


def test_include_takes_globs_lists_quotes_and_absolute_names(home: Path) -> None:
    elsewhere = home / "other dir"
    elsewhere.mkdir()
    (elsewhere / "c").write_text("Host c\n Port 3\n")
    (home / ".ssh" / "conf.d").mkdir()
    for name, port in (("b", 2), ("a", 1)):
        (home / ".ssh" / "conf.d" / name).write_text(f"Host {name}\n Port {port}\nHost any\n Port {port}\n")
    config = loaded(home, f'Include conf.d/* "{elsewhere}/c"\n')
    assert [config.lookup(name)["port"] for name in ("a", "b", "c", "any")] == ["1", "2", "3", "1"]


def test_files_that_include_each_other_are_refused(home: Path) -> None:
    (home / ".ssh" / "loop").write_text("Include loop\n")
    with pytest.raises(OperatorError, match="include each other"):
        loaded(home, "Include loop\n")


def test_nonsense_in_an_included_file_is_named_with_its_file(home: Path) -> None:
    (home / ".ssh" / "bad").write_text("%%%\n")
    with pytest.raises(OperatorError, match=r"\.ssh/bad"):
        loaded(home, "Include bad\n")


def test_user_file_comes_before_the_system_file(home: Path, tmp_path: Path) -> None:
    (home / ".ssh" / "config").write_text("Host web\n User mine\n")
    system = tmp_path / "ssh_config"
    system.write_text("Host web\n User theirs\n Port 2200\n")
    config = fabric.Config(system_ssh_path=str(system))
    complete(config)
    found = config.base_ssh_config.lookup("web")
    assert (found["user"], found["port"]) == ("mine", "2200")


def test_a_clone_of_the_configuration_includes_the_same(home: Path) -> None:
    (home / ".ssh" / "more").write_text("Host web\n Port 2200\n")
    (home / "given").write_text("Include more\n")
    clone = fabric.Config(runtime_ssh_path=str(home / "given")).clone()  # as each task gets one
    complete(clone)
    assert clone.base_ssh_config.lookup("web")["port"] == "2200"


def test_an_object_given_by_a_program_is_kept(home: Path) -> None:
    config = fabric.Config(ssh_config=paramiko.SSHConfig.from_text("Host web\n User given\n"))
    complete(config)
    complete(config)  # a second run of the same program
    assert config.base_ssh_config.lookup("web")["user"] == "given"


NAMES = st.sampled_from(["a", "b", "ab", "c"])
PATTERNS = st.lists(st.sampled_from(["a", "b", "ab", "*", "a*", "?", "!a", "!b"]), min_size=1, max_size=3)


@given(blocks=st.lists(st.tuples(PATTERNS, st.integers(1, 9)), max_size=8), name=NAMES)
def test_the_index_finds_what_paramiko_finds(blocks: list[tuple[list[str], int]], name: str) -> None:
    text = "".join(f"Host {' '.join(patterns)}\n Port {port}\n" for patterns, port in blocks)
    plain = paramiko.SSHConfig.from_text(text)
    contexts = vars(plain)["_config"]
    assert SSHConfig(contexts).lookup(name) == plain.lookup(name)


def test_canonical_names_are_looked_up_in_the_whole_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostbyname", lambda _name: "10.0.0.9")
    text = "CanonicalizeHostname yes\nCanonicalDomains lan\nHost web.lan\n Port 2200\n"
    assert loaded(home, text).lookup("web")["port"] == "2200"


VAGRANT = """\
Host default
  HostName 127.0.0.1
  User vagrant
  Port 2222
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  PasswordAuthentication no
  IdentityFile "/home/me/my boxes/.vagrant/private_key"
  IdentitiesOnly yes
  LogLevel FATAL
"""


def test_vagrant_ssh_config(home: Path) -> None:
    found = loaded(home, VAGRANT).lookup("default")
    options = host_options(found, {})
    assert list(found["identityfile"]) == ["/home/me/my boxes/.vagrant/private_key"]
    assert options.strictness is Strictness.NO
    assert options.record is None
    assert options.identities_only


def test_defaults_are_openssh_s_but_for_the_keepalive(home: Path) -> None:
    options = host_options({}, {})
    assert options.strictness is Strictness.YES
    assert options.known_hosts[0] == options.record == home / ".ssh" / "known_hosts"
    assert Path("/etc/ssh/ssh_known_hosts") in options.known_hosts
    assert (options.identities_only, options.hash_names, options.keepalive) == (False, False, KEEPALIVE)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("ask", "yes"), ("yes", "yes"), ("accept-new", "accept-new"), ("off", "no"), ("No", "no")],
)
def test_words_of_strict_host_key_checking(word: str, meaning: str) -> None:
    assert host_options({"stricthostkeychecking": word}, {}).strictness == meaning


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("StrictHostKeyChecking", "maybe"), ("IdentitiesOnly", "1"), ("ServerAliveInterval", "soon")],
)
def test_words_that_openssh_would_not_take_are_refused(keyword: str, value: str) -> None:
    with pytest.raises(OperatorError, match=f"{keyword} {value}"):
        host_options({keyword.lower(): value}, {})


def test_known_hosts_files_take_tokens_lists_and_none(home: Path) -> None:
    found = {"userknownhostsfile": "~/kh_%h %d/100%%", "globalknownhostsfile": "none"}
    options = host_options(found, {"h": "web", "d": "/home/me"})
    assert options.known_hosts == (home / "kh_web", Path("/home/me/100%"))


def test_one_known_hosts_file_with_a_space_in_its_name(home: Path) -> None:
    path = home / "known hosts"
    path.write_text("")
    text = f'Host web\n UserKnownHostsFile "{path}"\n'
    assert host_options(loaded(home, text).lookup("web"), {}).record == path


def test_tokens_are_put_in_once() -> None:
    assert expand("%n %h %%h %x", {"n": "%h", "h": "web"}) == "%h web %h %x"
