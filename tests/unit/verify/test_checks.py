"""Each drift of a host fails the checks that it concerns, and no other, each with one line and a remedy."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from provision import bundle
from provision.handed import Handed, defaults
from provision.spec import Spec
from provision.verify import backend, checks, configuration, others
from tests.unit import bundles
from tests.unit.verify.drifts import DRIFTS
from tests.unit.verify.fakehost import ASKED, BASE, PINNED_KEY, FakeHost


def failures(fake: FakeHost, spec: Spec = ASKED, handed: Handed | None = None) -> dict[str, str]:
    """The texts of the checks that fail, by the check's name."""
    host = backend.host("host1", fake)
    found = {}
    for check in checks.checks(handed or defaults()):
        try:
            check(host, spec)
        except AssertionError as error:
            found[check.__name__] = str(error)
    return found


def test_a_host_as_asked_for_passes() -> None:
    assert failures(FakeHost()) == {}


def test_nothing_else_than_the_package_is_asked_for() -> None:
    fake = FakeHost()
    fake.files.pop(configuration.DAEMON_JSON)
    assert failures(fake, Spec()) == {}


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_drift_fails_its_checks_alone(drift: str) -> None:
    change, failing, words = DRIFTS[drift]
    fake = FakeHost()
    change(fake)
    found = failures(fake)
    assert set(found) == failing
    assert words in " ".join(found.values())


@pytest.mark.parametrize("drift", [name for name, (_, failing, _) in DRIFTS.items() if failing])
def test_a_failure_is_one_line_with_a_remedy(drift: str) -> None:
    fake = FakeHost()
    DRIFTS[drift][0](fake)
    for text in failures(fake).values():
        assert "\n" not in text
        assert re.fullmatch(r".+[;:] .+", text)
        assert re.search(r"run setup-docker|`[^`]+`|mend it|enabled=0", text.rpartition(";")[2]), text


def test_from_a_bundle_the_mirror_that_it_was_made_of_is_configured_and_off(tmp_path: Path) -> None:
    made = bundle.opened(str(bundles.make(tmp_path / "bundle")), "--package-mirror", "18.06.3")
    fake, handed = FakeHost(), replace(defaults(), bundle=made)
    found = failures(fake, handed=handed)
    assert set(found) == {"repository"}
    assert "enabled is on, baseurl is https://mirrors.aliyun.com/" in found["repository"]
    text = fake.files[others.REPOSITORY].replace("enabled=1", "enabled=0")
    fake.files[others.REPOSITORY] = text.replace("https://mirrors.aliyun.com/docker-ce", bundles.MIRROR)
    assert failures(fake, handed=handed) == {}


def test_images_of_a_bundle_are_there(tmp_path: Path) -> None:
    images = (bundles.image("redis:7", 1), bundles.image("web:1", 2))
    folder = bundles.make(tmp_path / "bundle", images=images)
    handed = replace(defaults(), bundle=bundle.opened(str(folder), "--package-mirror", "18.06.3"))
    fake = FakeHost()
    fake.images = {"redis:7", "web:1"}
    assert set(failures(fake, handed=handed)) == {"repository"}
    fake.images = {"redis:7"}
    found = failures(fake, handed=handed)
    assert found["images"] == "docker doesn't show web:1 of the bundle; run setup-docker"


def test_companions_are_pinned_too() -> None:
    spec = Spec(docker_version="26.1.4")
    fake = FakeHost()
    fake.files.pop(configuration.DAEMON_JSON)
    fake.server = "26.1.4"
    fake.packages = ["rpm 4.11.3-48.el7_9", "gpg-pubkey 621e9f35-58adea78"]
    fake.packages += [" ".join(re.split(r"-(?=\d)", package, maxsplit=1)) for package in spec.engine.packages]
    assert failures(fake, spec) == {}
    whole = fake.packages
    # what somebody else has installed of containerd.io goes with it too
    fake.packages = [package.replace("1.6.33-3.1", "1.6.32-3.1") for package in whole]
    assert failures(fake, spec) == {}
    fake.packages = [package for package in whole if not package.startswith("containerd.io")]
    text = "containerd.io-1.6.33-3.1.el7 is asked for, none installed; run setup-docker"
    assert failures(fake, spec) == {"packages": text}
    fake.packages = [package.replace("docker-ce-cli 26.1.4", "docker-ce-cli 26.1.3") for package in whole]
    text = "docker-ce-cli-26.1.4-1.el7 is asked for, docker-ce-cli-26.1.3-1.el7 installed; run setup-docker"
    assert failures(fake, spec) == {"packages": text}


def test_the_key_that_was_handed_over_is_looked_for() -> None:
    host = backend.host("host1", FakeHost())
    other = PINNED_KEY + b"\n"
    check = next(
        check
        for check in checks.checks(replace(defaults(), repo_key=other))
        if check.__name__ == "signing_key"
    )
    with pytest.raises(AssertionError, match="isn't the key asked for, byte for byte"):
        check(host, ASKED)


def test_mirrors_that_are_to_be_gone() -> None:
    fake = FakeHost()
    spec = Spec(registry_mirrors=())
    fake.files[configuration.DAEMON_JSON] = '{"registry-mirrors": []}'
    assert set(failures(fake, spec)) == {"registry_mirrors"}
    fake.info["RegistryConfig"]["Mirrors"] = None  # as 26.1 says it
    assert failures(fake, spec) == {}


def test_the_socket_has_the_group_that_was_asked_for() -> None:
    fake = FakeHost()
    fake.files[configuration.DAEMON_JSON] = '{"group": "containers"}'
    spec = Spec(daemon={"group": "containers"})
    assert set(failures(fake, spec)) == {"socket"}
    fake.socket = ("root", "containers", "660")
    assert failures(fake, spec) == {}


def test_values_of_daemon_json_are_not_shown() -> None:
    fake = FakeHost()
    fake.files[configuration.DAEMON_JSON] = '{"log-opts": {"splunk-token": "hunter2"}}'
    spec = Spec(daemon={"log-opts": {"splunk-token": "hunter3"}})
    assert "hunter" not in str(failures(fake, spec))


def test_yum_is_never_called_and_docker_never_without_a_bound() -> None:
    fake = FakeHost()
    failures(fake)
    assert not [command for command in fake.commands if re.match(r"(\S*/)?yum\b", command)]
    asking = [command for command in fake.commands if re.search(r"\bdocker (-H|info|version|ps)\b", command)]
    assert len(asking) >= 3
    assert all(
        command.startswith("timeout -k 5 20 docker -H unix:///var/run/docker.sock ") for command in asking
    )
    # from 18.09 on docker itself would start a stopped daemon
    before = [fake.commands[fake.commands.index(command) - 1] for command in asking]
    assert set(before) == {"systemctl show -p ActiveState -- docker.service"}


def test_a_foreign_base_repository_without_enabled_is_no_offer() -> None:
    fake = FakeHost()
    fake.files[f"{others.REPOSITORIES}/epel.repo"] = BASE.replace("base", "epel")
    assert failures(fake) == {}
