"""Item 7 the other way: what a host says of itself goes back to it as a word or as data, and never as a command.

Paths, units, packages, containers, users, networks, repositories, its record, its daemon.json: in what was read of real
hosts each text is spoilt by a hostile one, and all that would then be run is run by a real sh.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision import handed, plan, spec, steps
from provision.errors import ProvisionError
from provision.facts import Facts
from provision.resources.base import ABSENT, Change, State, Step, digest
from provision.resources.bridgenf import BridgeValues
from provision.resources.certificates import CertificatesState
from provision.resources.data import DataState, Store
from provision.resources.dependencies import CameState
from provision.resources.file import FileState
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.restart import Policy, Restart
from provision.resources.unfinished import UNFINISHED_ID, UnfinishedState
from provision.resources.withdrawal import Withdrawal
from tests.unit.case import Case
from tests.unit.shell import SHELLS
from tests.unit.test_injection import HOSTILE, ran

CASES = (
    "converged",
    "adopted-edited",
    "hard-key-live-restore",
    "other-version-26",
    "distribution-docker",
    "engine-alone",
)
SPEC = {
    "bridge_nf": True,
    "daemon": {"bip": "172.26.0.1/16", "authorization-plugins": ["plugin"]},
    "users": ["alice"],
    "hold_everywhere": True,
    "fix_base_repos": "aliyun",
}
CERTIFICATE = "/etc/docker/certs.d/registry.example/ca.crt"
CONSENT = Policy(Restart.ALWAYS, True, True, True, True)
BACK = Withdrawal(stop_containers=True, purge_data=True, with_dependencies=True)
RECORD: dict[str, dict[str, Any]] = {
    "sysctl net.bridge.bridge-nf-call": {"before": "0 0", "ours": {"set": "1 1"}},
    "group docker": {"before": ["bob"], "ours": {"alice": "added"}},
    "registry certificates": {"before": None, "ours": {"files": {CERTIFICATE: digest(b"x")}}},
    "hold docker-ce": {"before": None, "ours": {"files": ["/etc/yum.repos.d/CentOS-Base.repo"]}},
    "rpm-key 12345678": {"before": None, "ours": {"fingerprint": "F" * 40}},
    "packages docker-ce": {
        "before": None,
        "ours": {"installed": ["docker-ce-18.06.3.ce-3.el7"], "replaced": ["docker-2:1.13.1-1.el7"]},
    },
    "service docker.service": {
        "before": {"forward": "-P FORWARD ACCEPT", "ip_forward": "0", "etc_docker": "", "key_json": ""},
        "ours": {"managed": "enabled and started"},
    },
}
"""What runs leave in a host's record, one of each kind, beside what the cases have."""


@cache
def read(name: str) -> tuple[Facts, tuple[Step, ...]]:
    """A case with more in it: data, packages that came along, a yum that was cut off, and such a record."""
    case = Case.load(name)
    asked = spec.build(spec.parse(json.dumps(SPEC), "site.yml"))
    chosen = steps.steps(asked, handed.defaults(), policy=CONSENT, withdrawal=BACK)
    found = case.facts()
    record = found.states[RECORD_ID]
    known = record.entries if isinstance(record, RecordState) else {}
    states: dict[str, State] = {resource.id: ABSENT for step in chosen for resource in step.resources}
    states |= {
        **found.states,
        RECORD_ID: RecordState({**known, **RECORD}),
        "data": DataState((Store("docker", 1, 1, 1, "", "/var/lib/docker"),)),
        "packages that came along": CameState(("libcgroup",), ("gpg-pubkey-1-2",)),
        "registry certificates": CertificatesState({CERTIFICATE: FileState(b"x", "644", "root:root", 1)}),
        "sysctl net.bridge.bridge-nf-call": BridgeValues("1", "1"),
        UNFINISHED_ID: UnfinishedState(
            ("/j",), frozenset({"docker-ce"}), doubled={"docker-ce": ("docker-ce-1-1.x",)}
        ),
    }
    return Facts(found.host, states), chosen


Path = tuple[object, ...]


def leaves(value: object, path: Path = ()) -> Iterator[Path]:
    """The ways to all texts in a value, the names in its mappings among them: a way ends with the text itself."""
    match value:
        case str() | bytes():
            yield (*path, value)
        case Mapping():
            for key, each in value.items():
                if isinstance(key, str):
                    yield (*path, key, None)
                yield from leaves(each, (*path, key))
        case tuple() | list() | frozenset():
            for index, each in enumerate(sorted(value, key=str) if isinstance(value, frozenset) else value):
                yield from leaves(each, (*path, index))
        case _ if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                yield from leaves(getattr(value, field.name), (*path, field.name))


def spoilt(value: Any, path: Path, form: str, piece: str) -> Any:
    """The value with a text in it spoilt: `form` says where in it the piece comes to stand."""
    step, *rest = path
    if not rest:
        text = form.format(value.decode(errors="replace") if isinstance(value, bytes) else value, piece)
        return text.encode(errors="replace") if isinstance(value, bytes) else text
    match value:
        case Mapping() if rest == [None]:
            return {form.format(key, piece) if key == step else key: each for key, each in value.items()}
        case Mapping():
            return {
                key: spoilt(each, (*rest,), form, piece) if key == step else each
                for key, each in value.items()
            }
        case frozenset():
            return frozenset(spoilt(tuple(sorted(value, key=str)), path, form, piece))
        case tuple() | list():
            changed = [
                spoilt(each, (*rest,), form, piece) if at == step else each for at, each in enumerate(value)
            ]
            return type(value)(changed)
    return dataclasses.replace(value, **{str(step): spoilt(getattr(value, str(step)), (*rest,), form, piece)})


@cache
def ways(name: str) -> list[Path]:
    """All texts of a case."""
    facts, _ = read(name)
    found = [path for ident, state in facts.states.items() for path in leaves(state, ("states", ident))]
    # a parser lets two words pass there
    return [*leaves(facts.host, ("host",)), *(path for path in found if "kind" not in path)]


def bodies(facts: Facts, chosen: tuple[Step, ...]) -> list[str]:
    """All that would run on such a host, there and back; nothing where it is refused in a line."""
    found: list[Change] = []
    for make in (plan.plan, plan.absent):
        with contextlib.suppress(ProvisionError):
            found += make(facts, chosen).changes
    return [text for change in found for text in (change.look, change.script) if text]


@pytest.mark.parametrize("shell", SHELLS, ids="-".join)
@pytest.mark.parametrize("name", CASES)
@given(data=st.data(), form=st.sampled_from(("{1}", "{0}{1}", "{1}{0}")), piece=HOSTILE)
@settings(max_examples=12)
def test_item_7_nothing_that_a_host_says_is_run(
    shell: tuple[str, ...], name: str, data: st.DataObject, form: str, piece: str
) -> None:
    facts, chosen = read(name)
    path = data.draw(st.sampled_from(ways(name)))
    hostile = spoilt(facts, path, form, piece)
    texts = bodies(hostile, chosen)
    if texts:
        assert "PWNED" not in ran(shell, chosen, texts)


def test_item_7_all_that_hosts_say_is_tried() -> None:
    """Each kind of state has a text among those above, and most of them go back to the host."""
    facts, chosen = read("converged")
    said = "\n".join(bodies(facts, chosen))
    for text in ("/var/lib/docker", "libcgroup", CERTIFICATE, "docker-ce-1-1.x", "0 0", "alice", "12345678"):
        assert text in said
    tried = {path[1] for name in CASES for path in ways(name) if path[0] == "states"}
    kinds = {resource.id for step in chosen for resource in step.resources}
    assert all(ident.startswith("file /etc/") for ident in kinds - tried), "which none of these hosts has"
