"""Spec: what an operator may ask for, and the one line that answers what can't be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from provision.errors import OperatorError
from provision.options import FLAGS, OPTIONS
from provision.spec import PACKAGE_MIRRORS, Spec, build, from_flags, parse


def of(text: str) -> Spec:
    return build(parse(text, "site.yml"))


def refused(text: str = "", **flags: str | bool) -> str:
    with pytest.raises(OperatorError) as caught:
        build(parse(text, "site.yml"), from_flags(flags))
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    return str(caught.value)


# ── what may be asked for ──


def test_the_defaults() -> None:
    spec = of("")
    assert spec == Spec()
    assert spec.engine.package == "docker-ce-18.06.3.ce-3.el7"
    assert spec.baseurl == "https://mirrors.aliyun.com/docker-ce/linux/centos/7/$basearch/stable"
    assert spec.settings() == {}
    assert spec.users == ()


def test_a_whole_file() -> None:
    spec = of("""
docker_version: 26.1.4
package_mirror: tuna
repo_key: keys/mirror.asc
registry_mirrors:
  - https://a.example.com/
  - https://b.example.com
  - https://a.example.com
daemon:
  log-opts: {max-size: 10m, max-file: '3'}
  graph: null
users: [alice, bob, alice]
""")
    assert spec.docker_version == "26.1.4"
    assert spec.baseurl == "https://mirrors.tuna.tsinghua.edu.cn/docker-ce/linux/centos/7/$basearch/stable"
    assert spec.repo_key == "keys/mirror.asc"
    assert spec.users == ("alice", "bob")
    assert spec.settings() == {
        "log-opts": {"max-size": "10m", "max-file": "3"},
        "graph": None,
        "registry-mirrors": ["https://a.example.com", "https://b.example.com"],
    }


def test_what_is_true_or_false() -> None:
    assert not of("").ack_eol
    assert of("ack_eol: true").ack_eol
    assert build(from_flags({"ack_eol": True})).ack_eol
    # a flag that wasn't given says nothing
    assert build(parse("ack_eol: true", "site.yml"), from_flags({"ack_eol": False})).ack_eol
    assert refused("ack_eol: 'on'") == (
        "site.yml:1: ack_eol must be true or false, and 'on' is not: write it like true"
    )


def test_consent_to_hiding_data_is_by_key() -> None:
    assert build(from_flags({"accept_data_change": "data-root,userns-remap"})).accept_data_change == (
        "data-root",
        "userns-remap",
    )
    assert refused(accept_data_change="data-root,bip") == (
        "--accept-data-change: 'bip' is nothing that puts data at risk: it is one of data-root, graph, storage-driver, "
        "userns-remap, downgrade"
    )


def test_later_layers_win_field_by_field() -> None:
    low = parse("docker_version: 26.1.4\nusers: [alice]\n", "low.yml")
    high = parse("users: []\npackage_mirror: ustc\n", "high.yml")
    spec = build(low, high, from_flags({"package_mirror": "official", "docker_version": None}))
    assert (spec.docker_version, spec.users, spec.package_mirror) == ("26.1.4", (), "official")


def test_mirrors_not_given_and_mirrors_cleared_are_two_things() -> None:
    assert of("").registry_mirrors is None
    assert of("registry_mirrors:\n").registry_mirrors is None
    assert of("registry_mirrors: []").settings() == {"registry-mirrors": []}
    assert build(from_flags({"registry_mirrors": "none"})).settings() == {"registry-mirrors": []}


def test_lists_by_flag() -> None:
    spec = build(from_flags({"registry_mirrors": "https://a, https://b:5000", "users": "alice"}))
    assert spec.registry_mirrors == ("https://a", "https://b:5000")
    assert spec.users == ("alice",)


@pytest.mark.parametrize("name", PACKAGE_MIRRORS)
def test_named_package_mirrors(name: str) -> None:
    assert of(f"package_mirror: {name}").baseurl == PACKAGE_MIRRORS[name] + "/linux/centos/7/$basearch/stable"


def test_a_package_mirror_by_url() -> None:
    spec = of("package_mirror: http://10.0.0.5:8080/mirror/docker-ce/")
    assert spec.baseurl == "http://10.0.0.5:8080/mirror/docker-ce/linux/centos/7/$basearch/stable"


def test_a_spelling_of_the_version_becomes_the_version() -> None:
    assert of("docker_version: 18.06.3.ce").docker_version == "18.06.3"


def test_a_spec_is_not_to_be_changed() -> None:
    spec = Spec()
    with pytest.raises(ValidationError):
        spec.docker_version = "26.1.4"
    spec.settings()["debug"] = True
    assert spec.settings() == {}


# ── what can't be ──


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("docker_version: latest", "1: 'latest' is not a Docker version like 18.06.3; try 18.06.3 or 26.1.4"),
        ("docker_version: 17.03.3", "1: Docker 17.03.3 can't be installed: 17.x is known but not installed"),
        (
            "\ndocker_version: 18.10",
            "2: 18.10 is a number to YAML, and not the one it looks like: quote it: '18.10'",
        ),
        ("docker_version: 18", "1: docker_version must be text, and 18 is not: write it like 18.06.3"),
        ("docker_version: [18.06.3]", "1: docker_version must be text, and ['18.06.3'] is not"),
        ("docker-version: 18.06.3", "1: there is no 'docker-version': did you mean docker_version?"),
        (
            "users: []\nregistry_mirors: []",
            "2: there is no 'registry_mirors': did you mean registry_mirrors?",
        ),
        ("zzz: 1", "1: there is no 'zzz': choose of docker_version, package_mirror"),
        ("package_mirror: aliyum", "1: no mirror is called 'aliyum': did you mean aliyun?"),
        (
            "package_mirror: zzz",
            "1: no mirror is called 'zzz': choose one of aliyun, tuna, ustc, official, or give a URL",
        ),
        ("package_mirror: ''", "1: no mirror is called ''"),
        ("package_mirror: ftp://a", "1: 'ftp://a' is not a URL: it must begin with https:// or http://"),
        ("package_mirror: https://u:s3cret@a", "1: 'https://***@a' holds a user or password"),
        ("package_mirror: https://a/linux/centos", "name the folder above linux/centos, https://a"),
        ("repo_key: ''", "1: the file's name is empty"),
        ("registry_mirrors: https://a", "1: registry_mirrors must be a list, and 'https://a' is not"),
        ("registry_mirrors:\n- https://a\n- b.example\n", "3: 'b.example' is not a URL"),
        ("registry_mirrors:\n- https://a/v2\n", "2: 'https://a/v2' must end behind the host or port"),
        ("users: alice", "1: users must be a list, and 'alice' is not: write it like [alice, bob]"),
        ("users:\n- alice\n- 17\n", "3: users must be text, and 17 is not"),
        ("users:\n- alice\n- a b\n", "3: 'a b' can't be a user's name"),
        ("users: ['17']", "1: '17' can't be a user's name"),
        ("users: [-rf]", "1: '-rf' can't be a user's name"),
        ("users:", "1: users must be a list, and None is not"),
        ("daemon: [debug]", "1: daemon must be a mapping, and ['debug'] is not"),
        ("daemon:\n  debgu: true", "2: Docker 18.06.3 has no setting 'debgu': did you mean debug?"),
        ("daemon:\n  log-opts:\n    max-file: 3", "3: log-opts.max-file must be a string: put it in quotes"),
        ("daemon:\n  dns:\n  - 8.8.8.8\n  - x\n", "4: dns: 'x' must be an IP address"),
        ("daemon: {registry-mirror: []}", "1: registry-mirror is a flag's name"),
        ("daemon:\n  registry-mirrors: [b]", "2: registry-mirrors: 'b' is not a URL"),
        ("a: 1\na: 2\n", "2: the key 'a' stands here again"),
        ("a: [\n", "broken YAML"),
    ],
)
def test_mistakes_in_a_file(text: str, said: str) -> None:
    message = refused(text)
    assert message.startswith("site.yml:")
    assert said in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "docker_version",
            "18.6.3",
            "--docker-version: '18.6.3' is not how Docker writes that version: write 18.06.3",
        ),
        ("package_mirror", "aliyn", "--package-mirror: no mirror is called 'aliyn': did you mean aliyun?"),
        ("package_mirror", "https://a:port", "--package-mirror: 'https://a:port' has a port"),
        ("repo_key", " ", "--repo-key: the file's name is empty"),
        ("registry_mirrors", "https://a,b", "--registry-mirrors: 'b' is not a URL"),
        (
            "registry_mirrors",
            "https://a,,https://b",
            "--registry-mirrors: 'https://a,,https://b' holds an empty entry",
        ),
        ("registry_mirrors", "", "--registry-mirrors: '' holds an empty entry"),
        ("users", "alice bob", "--users: 'alice bob' can't be a user's name"),
    ],
)
def test_mistakes_in_flags(name: str, value: str, said: str) -> None:
    assert refused(**{name: value}).startswith(said)


def test_an_error_names_the_layer_that_won() -> None:
    assert refused("docker_version: 18.06.3", docker_version="x").startswith("--docker-version: ")
    assert refused("docker_version: x", package_mirror="tuna").startswith("site.yml:1: ")


def test_a_clash_of_a_flag_with_the_file_names_the_files_line() -> None:
    text = "daemon:\n  graph: /srv/docker\n"
    assert of(text).settings()
    assert refused(text, docker_version="26.1.4").startswith(
        "site.yml:2: Docker 26.1.4 has no setting 'graph'"
    )


def test_where_each_hosts_engine_will_run_a_key_of_any_version_is_taken() -> None:
    layer = parse("daemon:\n  features: {buildkit: true}\n", "site.yml")
    assert build(layer, installs=False).settings() == {"features": {"buildkit": True}}
    with pytest.raises(OperatorError, match=r"^site.yml:2: Docker 18.06.3 has no setting 'features'"):
        build(layer)
    with pytest.raises(OperatorError, match=r"did you mean features\?"):
        build(parse("daemon:\n  feature: {buildkit: true}\n", "site.yml"), installs=False)


SCALARS = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(st.fixed_dictionaries({}, optional={option.name: st.text() for option in FLAGS}))
def test_any_flags_are_taken_or_refused_in_one_line(flags: dict[str, str]) -> None:
    try:
        spec = build(from_flags(flags))
    except OperatorError as error:
        said = str(error)
        assert said.startswith("--")
        assert "\n" not in said
    else:
        assert isinstance(spec, Spec)


@given(st.dictionaries(st.sampled_from([*(option.name for option in OPTIONS), "zzz"]), VALUES, max_size=3))
def test_any_file_is_taken_or_refused_in_one_line(values: dict[str, object]) -> None:
    lines = [f"{name}: {_yaml(value)}" for name, value in values.items()]
    try:
        spec = of("\n".join(lines))
    except OperatorError as error:
        said = str(error)
        assert said.startswith("site.yml:")
        assert "\n" not in said
    else:
        assert isinstance(spec, Spec)


def _yaml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_yaml(key)}: {_yaml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08x}" for c in value if not 0xD800 <= ord(c) < 0xE000) + '"'
    return {None: "null", True: "true", False: "false"}.get(value, str(value))  # type: ignore[call-overload, no-any-return]
