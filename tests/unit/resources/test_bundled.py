"""What is planned where packages come from a bundle: what a host lacks is sent, and nothing of it stays configured."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from provision import bundle, engines, handed, plan, spec, steps
from provision.engines import Engine
from provision.facts import Facts
from provision.resources.base import ABSENT, Change, Refusal, Step, Unknown
from provision.resources.baserepos import BaseState
from provision.resources.bundled import BUNDLED_ID, Bundled, BundledState
from provision.resources.file import FileState
from provision.resources.packages import PackagesState
from provision.resources.restart import DEFAULT, Policy, Restart
from provision.script import Section
from tests.el7_repos import BASE
from tests.unit import bundles
from tests.unit.core import fresh

BASH = {"bash": "0:4.2.46-34.el7"}


@pytest.fixture
def bundled(tmp_path: Path) -> Bundled:
    folder = bundles.make(tmp_path / "bundle")
    return Bundled(bundle.opened(str(folder), "--package-mirror", "18.06.3"))


def chosen(bundled: Bundled, policy: Policy = DEFAULT) -> tuple[Step, ...]:
    asked = spec.build(spec.from_flags({"package_mirror": f"bundle:{bundled.bundle.folder}"}))
    return steps.steps(asked, dataclasses.replace(handed.defaults(), bundle=bundled.bundle), policy=policy)


def read(bundled: Bundled, there: Mapping[str, str]) -> Facts:
    found = fresh(chosen(bundled))
    return Facts(found.host, {**found.states, BUNDLED_ID: BundledState(there)})


def packages(bundled: Bundled, there: Mapping[str, str]) -> Change:
    found = plan.plan(read(bundled, there), chosen(bundled))
    (change,) = (each for each in found.changes if each.resource == "packages docker-ce")
    return change


ENGINE = engines.engine("18.06.3")
NEEDED = ("docker-ce-18.06.3.ce-3.el7",)


def sent(
    bundled: Bundled, state: object, engine: Engine = ENGINE, needed: Collection[str] = NEEDED
) -> list[str]:
    """The names of the packages that go to a host."""
    files = {each.name.rpartition("/")[2] for each in bundled.sends({BUNDLED_ID: state}, engine, needed)}
    return sorted(package.name for package in bundles.PACKAGES if package.file in files)


@pytest.mark.parametrize(
    ("there", "names"),
    [
        # neither libcgroup nor container-selinux, and this bash
        (BASH, ["container-selinux", "docker-ce", "libcgroup"]),
        ({**BASH, "libcgroup": "0:0.41-20.el7"}, ["container-selinux", "docker-ce", "libcgroup"]),
        ({**BASH, "libcgroup": "0:0.41-22.el7"}, ["container-selinux", "docker-ce"]),
        # an epoch orders before anything else
        ({**BASH, "container-selinux": "0:3.0-1"}, ["container-selinux", "docker-ce", "libcgroup"]),
        ({**BASH, "container-selinux": "3:1.0-1"}, ["docker-ce", "libcgroup"]),
        ({}, ["bash", "container-selinux", "docker-ce", "libcgroup"]),
    ],
)
def test_what_a_host_lacks_or_has_older_is_sent(
    bundled: Bundled, there: Mapping[str, str], names: list[str]
) -> None:
    assert sent(bundled, BundledState(there)) == names


def test_of_dockers_own_what_the_change_needs_is_sent_whatever_is_there(bundled: Bundled) -> None:
    newer = BundledState({**BASH, "docker-ce": "3:26.1.4-1.el7"})
    assert "docker-ce" in sent(bundled, newer)
    assert "docker-ce" not in sent(bundled, newer, needed=())
    # what yum chooses the version of
    assert "containerd.io" in sent(bundled, newer, engines.engine("18.09.5"))
    there = BundledState({"containerd.io": "0:1.6.33-3.1.el7"})
    assert "containerd.io" not in sent(bundled, there, engines.engine("18.09.5"))


@pytest.mark.parametrize("restart", [Restart.IF_IDLE, Restart.ALWAYS])
def test_what_the_way_back_needs_is_sent_too(tmp_path: Path, restart: Restart) -> None:
    older = bundles.package(bundle.DOCKER, "docker-ce", "18.06.2.ce", "3.el7")
    folder = bundles.make(tmp_path / "both", packages=(*bundles.PACKAGES, older))
    bundled = Bundled(bundle.opened(str(folder), "--package-mirror", "18.06.3"))
    there = {"docker-ce": "18.06.2.ce-3.el7"}
    facts = read(bundled, {**BASH, "docker-ce": "0:18.06.2.ce-3.el7"})
    states = {**facts.states, "packages docker-ce": PackagesState(there)}
    found = plan.plan(Facts(facts.host, states), chosen(bundled, Policy(restart)))
    (change,) = (each for each in found.changes if each.resource == "packages docker-ce")
    files = [each.name.rpartition("/")[2] for each in change.sends]
    assert older.file in files
    assert bundles.PACKAGES[0].file in files


def test_the_plan_tells_how_much_goes_over_the_connection(bundled: Bundled) -> None:
    change = packages(bundled, BASH)
    assert f"3 of the 5 packages in {bundled.bundle.folder} go over the connection, 0.0 MB" in change.reason
    assert sum(each.name.endswith("repomd.xml") for each in change.sends) == 2
    assert change.look.startswith(
        f"bundle={base64.b64encode(bundled.bundle.base_key).decode()}\nlook_packages "
    )


def test_what_stays_configured_is_the_mirror_that_it_was_made_of_and_asks_nothing(bundled: Bundled) -> None:
    found = plan.plan(read(bundled, BASH), chosen(bundled))
    (change,) = (each for each in found.changes if each.resource.endswith("docker-ce.repo"))
    assert f"+baseurl={bundled.bundle.baseurl}" in change.diff
    assert "+enabled=0" in change.diff
    assert "file:///" not in change.diff.replace("gpgkey=file:///", "")
    assert change.look == ""  # the mirror needn't answer
    assert "refresh_metadata" not in change.script


def test_dead_base_repositories_are_no_reason(bundled: Bundled) -> None:
    found = read(bundled, BASH)
    path = "/etc/yum.repos.d/CentOS-Base.repo"
    dead = BaseState(found.host.release, None, {path: FileState(BASE.encode(), "644", "root:root", 0)})
    states = {**found.states, "base repositories": dead}
    assert plan.plan(Facts(found.host, states), chosen(bundled)).refusals == ()
    online = steps.steps(spec.build(), handed.defaults())
    refused = plan.plan(Facts(found.host, states), online).refusals
    assert [each.resource for each in refused if isinstance(each, Refusal)] == ["base repositories"]


def test_it_is_no_subject_of_the_record_and_changes_nothing_by_itself(bundled: Bundled) -> None:
    assert bundled.compare({}) == []
    assert bundled.withdraw({}) == []
    assert '"bundle"' not in packages(bundled, BASH).script
    assert BUNDLED_ID in plan.UNKEPT


def test_answers_of_rpm(bundled: Bundled) -> None:
    lines = "rpm 0 4.11.3 45.el7 x86_64\nbash 0 4.2.46 34.el7 x86_64\npackage libcgroup is not installed\n"
    assert bundled.parse(Section(lines, 0)) == BundledState({"rpm": "0:4.11.3-45.el7", **BASH})
    two = f"{lines}bash 0 4.2.46 35.el7 x86_64\n"
    assert bundled.parse(Section(two, 0)).versions["bash"] == "0:4.2.46-35.el7"
    assert isinstance(bundled.parse(Section("package bash is not installed\n", 0)), Unknown)
    assert isinstance(bundled.parse(Section(lines, 1)), Unknown)
    assert bundled.probe() == "probe_bundled bash container-selinux containerd.io docker-ce libcgroup"


def test_a_host_that_could_not_be_read_is_sent_all(bundled: Bundled) -> None:
    for state in (Unknown("rpm hangs"), ABSENT):
        assert sent(bundled, state) == ["bash", "container-selinux", "docker-ce", "libcgroup"]
