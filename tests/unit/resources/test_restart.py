"""The policy that binds every stop of the daemon."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from provision import script
from provision.resources.daemon import Container, UnitState, parse
from provision.resources.restart import DEFAULT, Policy, Restart, consequence
from provision.resources.unit_shell import LIBRARY
from tests.unit import shell
from tests.unit.core import no_unit
from tests.unit.model import INFO

WEB, JOB = Container("web", "always"), Container("job")
IDLE = replace(no_unit(), load="loaded", active="active", info=INFO)
BUSY = replace(IDLE, containers=(WEB, JOB))
KEPT = replace(BUSY, info=replace(INFO, live_restore=True))
SWARM = replace(BUSY, info=replace(INFO, swarm="active"))
KEEPS = {"live-restore": True}
STOPPED = replace(IDLE, active="inactive", info=None)


@pytest.mark.parametrize(
    ("restart", "state", "wanted", "refused"),
    [
        (Restart.IF_IDLE, IDLE, {}, ""),
        (Restart.IF_IDLE, KEPT, KEEPS, ""),
        (
            Restart.IF_IDLE,
            KEPT,
            {},
            "web, job; stop them first, keep them over it by --enable-live-restore, or",
        ),
        (
            Restart.IF_IDLE,
            BUSY,
            {},
            "which stops running containers: web, job; stop them first, keep them over",
        ),
        (Restart.IF_IDLE, BUSY, KEEPS, ""),
        (Restart.IF_IDLE, SWARM, KEEPS, "web, job; stop them first, or consent by --restart always"),
        (Restart.ALWAYS, BUSY, {}, ""),
        (Restart.NEVER, IDLE, {}, "--restart never was said"),
        (Restart.NEVER, KEPT, KEEPS, "--restart never was said"),
        (Restart.NEVER, STOPPED, {}, ""),
    ],
)
def test_who_may_stop_the_daemon(
    restart: Restart, state: UnitState, wanted: dict[str, bool], refused: str
) -> None:
    said = Policy(restart).obstacle(state, wanted, "log-driver takes effect only at a start")
    assert refused in said
    assert bool(said) == bool(refused)
    if said:
        assert said.startswith("docker.service must restart (log-driver takes effect only at a start)")


def test_if_idle_is_what_holds_where_nothing_is_said() -> None:
    assert DEFAULT.restart is Restart.IF_IDLE


def test_what_becomes_of_each_container_is_told_by_its_policy() -> None:
    policies = ("always", "unless-stopped", "on-failure", "no", "removed")
    state = replace(IDLE, containers=tuple(Container(f"c-{each}", each) for each in policies))
    assert consequence(state, {}) == (
        "stops c-always (restart policy always: comes back), "
        "c-unless-stopped (restart policy unless-stopped: comes back), "
        "c-on-failure (restart policy on-failure: comes back only if it ends with an error), "
        "c-no (no restart policy: stays stopped), c-removed (--rm: is removed)"
    )
    assert consequence(KEPT, KEEPS) == "live-restore keeps web, job"
    assert consequence(IDLE, {}) == ""


def test_containers_are_read_with_their_policies() -> None:
    lines = "LoadState=loaded\nActiveState=inactive\nnow=1\n"
    state = parse(
        f"{lines}container=/web always\ncontainer=/job no\ncontainer=/once removed\ncontainer=/old \n"
    )
    assert state.containers == (WEB, JOB, Container("once", "removed"), Container("old", "no"))


GUARDS = [
    # policy, live-restore wanted, systemctl is-active, docker ps, LiveRestoreEnabled, what is said
    ("if-idle", False, 0, "", "false", ""),
    ("if-idle", True, 0, "web", "true", ""),
    ("if-idle", True, 0, "web", "false", "containers were started meanwhile and would be stopped: web"),
    ("if-idle", False, 0, "web", "true", "containers were started meanwhile and would be stopped: web"),
    ("if-idle", False, 3, "web", "false", ""),
    ("always", False, 0, "web", "false", ""),
    ("never", True, 0, "", "true", "docker was started meanwhile, and --restart never was said; run again"),
    ("never", False, 3, "", "false", ""),
]


@pytest.mark.parametrize("sh", shell.SHELLS, ids="-".join)
@pytest.mark.parametrize("case", GUARDS, ids=str)
def test_it_is_looked_at_again_right_before(
    tmp_path: Path, sh: tuple[str, ...], case: tuple[str, bool, int, str, str, str]
) -> None:
    policy, kept, active, running, restore, said = case
    programs = {
        "systemctl": f"exit {active}",
        "docker": f'case "$*" in *" ps "*) echo {running} ;; *) echo {restore} ;; esac',
    }
    path = shell.programs(tmp_path / "bin", programs)
    text = f"PATH={path}:$PATH\n{Policy(Restart(policy)).guard({'live-restore': kept})}\necho goes on"
    printed, frames = shell.call(sh, tmp_path, LIBRARY, text)
    assert [frame.rest for frame in frames if frame.mark is script.Mark.FAIL] == ([said] if said else [])
    assert printed.strip() == ("" if said else "goes on")
