"""From any version to any other: yum's command, what goes, and what it means for containers."""

from __future__ import annotations

from itertools import permutations

import pytest

from provision.engines import ENGINES, Engine, engine, hold_names, release_line
from provision.resources.base import Change, Refusal
from provision.resources.packages import Packages, PackagesState
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.restart import Policy
from provision.resources.transition import DOCKER, Transition
from provision.resources.yum import Repository

REPOSITORY = Repository(b"[docker-ce-stable]\n", b"key", hold_names())
PLUGINS = ("docker-buildx-plugin", "docker-compose-plugin")
PAIRS = [pytest.param(one, other, id=f"{one}-{other}") for one, other in permutations(ENGINES, 2)]


def there(each: Engine) -> dict[str, str]:
    """VERSION-RELEASE by name of all that this engine brings."""
    return {
        name: package.removeprefix(f"{name}-")
        for name, package in zip(each.names, each.packages, strict=True)
    }


def move(versions: dict[str, str], asked: str, *, ours: bool = True) -> Transition:
    """The transition to `asked` on a host with these packages, which we brought or not."""
    packages = Packages(engine(asked), REPOSITORY)
    installed = [f"{name}-{version}" for name, version in versions.items()] if ours else []
    entries = {packages.id: {"before": None, "ours": {"installed": installed}}}
    found = packages.transition({packages.id: PackagesState(versions), RECORD_ID: RecordState(entries)})
    assert found is not None
    return found


def applied(found: Transition) -> dict[str, str]:
    """What yum 3.4.3 makes of the command, and what the removal behind it makes of that."""
    now = dict(found.there)
    command, *words = found.command or ("nothing",)
    if command == "swap":
        cut = words.index("--", 1)
        removed, coming = words[2:cut], words[cut + 2 :]
        for name in removed:
            del now[name]
        assert not {package.rsplit("-", 2)[0] for package in coming} & now.keys()
    else:
        coming = words
    for package in coming:
        name, version, release = package.rsplit("-", 2)
        if command == "install":
            assert name not in found.down  # it would be passed over
        if command == "downgrade":
            assert name in found.down
        now[name] = f"{version}-{release}"
    for name in found.left_over:
        del now[name]
    return now


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_any_version_leads_to_any_other(one: str, other: str) -> None:
    found = move(there(engine(one)), other)
    assert applied(found) == there(engine(other))
    up = list(ENGINES).index(one) > list(ENGINES).index(other)
    assert (DOCKER in found.up, DOCKER in found.down) == (up, not up)
    assert str(found).startswith(f"{'upgrade' if up else 'downgrade'} from {one} to {other}")
    assert found.stops
    alone = {each for each in (one, other) if each.startswith("18.06")}
    assert found.crosses == (len(alone) == 1)
    assert found.stays_in_line == (one.rpartition(".")[0] == other.rpartition(".")[0])
    # one transaction: yum's way for each kind of change
    ways = {"install"} if up else {"swap"} if found.crosses else {"downgrade"}
    assert {found.way} == ways


@pytest.mark.parametrize("version", ENGINES)
def test_what_is_there_stays(version: str) -> None:
    found = move(there(engine(version)), version)
    assert found.empty
    assert found.command == ()


def test_up_names_every_package_of_the_engine() -> None:
    """yum takes the newest for a name that is left out (yum 3.4.3, run)."""
    found = move(there(engine("18.06.3")), "18.09.9")
    assert found.command == ("install", *engine("18.09.9").packages)


def test_down_to_one_package_takes_what_clashes_in_the_same_transaction() -> None:
    found = move(there(engine("20.10.24")), "18.06.3")
    gone = ("docker-ce-cli", "docker-ce-rootless-extras", "containerd.io")
    assert found.goes == gone
    assert found.command == (
        *("swap", "--", "remove", "docker-ce", *gone),
        *("--", "install", "docker-ce-18.06.3.ce-3.el7"),
    )
    assert found.left_over == ()
    assert str(found) == (
        "downgrade from 20.10.24 to 18.06.3 by a swap; docker-ce-cli, docker-ce-rootless-extras, containerd.io go, for "
        "18.06.3 doesn't bring them"
    )


def test_what_a_downgrade_leaves_goes_behind_it() -> None:
    found = move(there(engine("26.1.4")), "18.09.9")
    assert found.way == "downgrade"
    assert found.left_over == ("docker-ce-rootless-extras", *PLUGINS)


def test_only_dockers_own_and_what_we_brought_goes() -> None:
    """containerd.io and the plugins may serve somebody else."""
    found = move(there(engine("26.1.4")), "18.06.3", ours=False)
    assert found.goes == ("docker-ce-cli", "docker-ce-rootless-extras")


@pytest.mark.parametrize(
    ("there_is", "stays"), [("1.6.33-3.1.el7", True), ("1.4.1-1.el7", True), ("1.2.13-3.2.el7", False)]
)
def test_somebody_elses_containerd_stays_if_it_goes_with_the_engine(there_is: str, stays: bool) -> None:
    """An install that pins the engine and its CLI alone brings the newest (yum 3.4.3, run)."""
    versions = {**there(engine("20.10.24")), "containerd.io": there_is}
    assert move(versions, "20.10.24", ours=False).empty == stays
    assert not move(versions, "20.10.24").empty
    if not stays:
        assert move(versions, "20.10.24", ours=False).up == ("containerd.io",)


def test_what_goes_both_ways_is_a_swap() -> None:
    """An unpinned install of 18.09.9 brings the newest CLI and containerd.io (yum 3.4.3, run)."""
    newest = there(engine("26.1.4"))
    found = move({**there(engine("18.09.9")), "docker-ce-cli": newest["docker-ce-cli"]}, "19.03.15")
    assert (found.up, found.down) == (("docker-ce", "containerd.io"), ("docker-ce-cli",))
    assert found.way == "swap"
    assert found.lowered == ("docker-ce-cli-26.1.4-1.el7",)


def test_the_cli_alone_stops_nothing() -> None:
    found = move({**there(engine("19.03.15")), "docker-ce-cli": "26.1.4-1.el7"}, "19.03.15")
    assert found.command == ("downgrade", "docker-ce-cli-19.03.15-3.el7")
    assert not found.stops
    assert str(found) == "change of what belongs to 19.03.15"


def test_a_cli_makes_way_for_an_engine_with_its_own() -> None:
    found = move({"docker-ce-cli": "26.1.4-1.el7"}, "18.06.3", ours=False)
    assert found.command[:4] == ("swap", "--", "remove", "docker-ce-cli")
    assert found.lowered == ("docker-ce-cli-26.1.4-1.el7",)
    assert not found.stops


def test_17_03_is_led_up_with_its_selinux_package_out_of_the_way() -> None:
    """container-selinux, which every later one needs, conflicts with it (yum 3.4.3, run)."""
    old = {"docker-ce": "17.03.3.ce-1.el7", "docker-ce-selinux": "17.03.3.ce-1.el7"}
    found = move(old, "18.06.3", ours=False)
    assert str(found).startswith("upgrade from 17.03.3 to 18.06.3 by a swap")
    assert found.command[:5] == ("swap", "--", "remove", "docker-ce", "docker-ce-selinux")
    assert not found.crosses


class TestUntried:
    def test_containerd_is_yums_to_choose(self) -> None:
        asked = engine("20.10.23")
        assert asked.unpinned == ("containerd.io",)
        assert engine("24.0.9").unpinned == ("containerd.io", *PLUGINS)
        assert engine("18.06.1").unpinned == engine("20.10.24").unpinned == ()

    def test_what_is_there_of_it_stays(self) -> None:
        found = move(there(engine("20.10.24")), "20.10.23")
        assert found.goes == ()
        assert found.command == (
            "downgrade",
            *(
                f"{name}-20.10.23-3.el7"
                for name in ("docker-ce", "docker-ce-cli", "docker-ce-rootless-extras")
            ),
        )

    def test_what_yum_chose_is_ours_to_take_away(self) -> None:
        packages = Packages(engine("20.10.23"), REPOSITORY)
        states = {packages.id: PackagesState({}), RECORD_ID: RecordState({})}
        (change,) = packages.compare(states)
        assert isinstance(change, Change)
        assert "containerd.io-*-*" in change.traces[0].value
        record = RecordState({packages.id: {"before": None, "ours": {"installed": change.traces[0].value}}})
        found = dict.fromkeys(packages.engine.names, "20.10.23-3.el7") | {"containerd.io": "1.6.33-3.1.el7"}
        (back,) = packages.withdraw({packages.id: PackagesState(found), RECORD_ID: record})
        assert isinstance(back, Change)
        assert "containerd.io" in back.script.split()


def test_the_record_follows_what_is_ours() -> None:
    packages = Packages(engine("18.09.9"), REPOSITORY, Policy(cross_line=True))
    entries = {packages.id: {"before": None, "ours": {"installed": ["docker-ce-18.06.3.ce-3.el7"]}}}
    states = {packages.id: PackagesState(there(engine("18.06.3"))), RECORD_ID: RecordState(entries)}
    (change,) = packages.compare(states)
    assert isinstance(change, Change)
    assert change.traces[0].value == sorted(packages.engine.packages)
    assert change.joins == "service"


def test_rivals_come_first() -> None:
    packages = Packages(engine("18.09.9"), REPOSITORY)
    states = {packages.id: PackagesState({"docker": "1.13.1-209"}), RECORD_ID: RecordState({})}
    assert packages.transition(states) is None
    (found,) = packages.compare(states)
    assert isinstance(found, Refusal)


@pytest.mark.parametrize(
    ("version", "line"), [("17.12.1.ce-1.el7", (17, 12)), ("26.1.4", (26, 1)), ("", None), ("master", None)]
)
def test_lines_of_any_version(version: str, line: tuple[int, int] | None) -> None:
    assert release_line(version) == line
