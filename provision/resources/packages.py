"""The engine's packages: exactly these versions, from our repository, in one transaction that is looked at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provision.engines import Engine
from provision.resources.base import (
    ABSENT,
    Absent,
    Change,
    Finding,
    Note,
    Refusal,
    State,
    States,
    Trace,
    Unknown,
    quote,
)
from provision.resources.record import RECORD_ID, RecordState
from provision.resources.yum import LIBRARY as YUM_LIBRARY
from provision.resources.yum import Repository
from provision.script import Section
from provision.words import rpm

RIVALS = (
    "docker",
    "docker-common",
    "docker-client",
    "docker-latest",
    "docker-engine",
    "docker-engine-selinux",
    "docker-io",
    "docker-ee",
    "podman-docker",
)
"""What can't be installed beside docker-ce: its Conflicts and Obsoletes, and what owns /usr/bin/docker."""

LIBRARY = (
    YUM_LIBRARY
    + r"""
# NAME...: each installed package in a line. rpm itself is asked for too: an unreadable database says "not
# installed", exit 1, for everything (rpm 4.11.3, run), which must not be taken for absence.
probe_packages() {
  timed 20 rpm -q --qf '%{NAME} %{EPOCHNUM} %{VERSION} %{RELEASE} %{ARCH}\n' rpm "$@"
  if [ $? -gt 100 ]; then exit 1; fi
}
# what is installed, by name; keys by their full name, for there are several
installed_names() {
  { rpm -qa --qf '%{NAME}\n' | grep -vx gpg-pubkey; rpm -qa gpg-pubkey; } | sort -u
}
# NVR...: the transaction with everything already downloaded by the look, then the question whether it is so
install_packages() {
  installed_names >"$look/before"
  yum_bounded --setopt=obsoletes=0 --setopt=cachedir="$look/cache" --disableexcludes=docker-ce-stable install "$@" ||
    fail "yum $?"
  for package; do
    rpm -q "$package" >/dev/null 2>&1 || fail "yum says that it is done, but $package isn't installed"
  done
  mkdir -p "$state" || fail "can't write under $state"
  installed_names | comm -13 "$look/before" - >>"$state/brought-packages"
}
# NAME...: what needs them is looked at first, since `yum -y remove` takes it along without a word
look_removal() {
  await_yum
  needed=$(rpm -e --test "$@" 2>&1) || fail "other packages need $*: $(printf %s "$needed" | one_line)"
}
remove_packages() {
  yum_bounded --disablerepo='*' --setopt=clean_requirements_on_remove=0 remove "$@" || fail "yum $?"
  for package; do
    if rpm -q "$package" >/dev/null 2>&1; then fail "yum says that it is done, but $package is still installed"; fi
  done
  left=
  while read -r package; do
    case " $* " in *" $package "*) continue ;; esac
    if rpm -q "$package" >/dev/null 2>&1; then left="$left $package"; fi
  done <"$state/brought-packages"
  if [ -n "$left" ]; then frame note "stays, since others may need it by now:$left"; fi
}
"""
)


@dataclass(frozen=True, slots=True)
class PackagesState:
    """The installed packages of those that were asked about, by name: `VERSION-RELEASE`."""

    versions: Mapping[str, str]

    def __str__(self) -> str:
        return ", ".join(f"{name}-{version}" for name, version in self.versions.items())


@dataclass(frozen=True, slots=True)
class Packages:
    """The packages of an engine. `repository` is where they come from, as the host will have it."""

    engine: Engine
    repository: Repository

    @property
    def id(self) -> str:
        return "packages docker-ce"

    @property
    def library(self) -> str:
        return LIBRARY

    @property
    def _family(self) -> tuple[str, ...]:
        """Every name that docker-ce of any version brings: what is there may be another version's."""
        return tuple(dict.fromkeys((*self.engine.names, *self.repository.hold)))

    def probe(self) -> str:
        return " ".join(["probe_packages", *map(quote, (*self._family, *RIVALS))])

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0:
            return Unknown(
                "rpm doesn't answer; look at `rpm -q rpm` on the host, and at who else uses rpm there"
            )
        found = rpm.query(section.text)
        if isinstance(found, rpm.Unreadable):
            return Unknown(f"{found.why}; look at `rpm -q rpm` on the host, `rpm --rebuilddb` may mend it")
        twice = [name for name in found if len(found[name]) > 1 and name != "rpm"]
        if twice:
            return Unknown(
                f"{', '.join(twice)} installed twice, by a yum that was killed: `package-cleanup --cleandupes`"
            )
        versions = {name: evrs[0].version_release for name, evrs in found.items() if name != "rpm"}
        return PackagesState(versions) if versions else ABSENT

    def remember(self, state: State) -> Any:
        """For the record: what was installed before us."""
        return dict(state.versions) if isinstance(state, PackagesState) else None

    def as_asked_for(self, states: States) -> bool:
        """Whether exactly these packages are installed."""
        return self.compare(states) == []

    def compare(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        versions = {} if isinstance(state, Absent) else dict(state.versions)
        if obstacle := self._rivals(versions) or self._others(versions):
            return [Refusal(self.id, obstacle)]
        return [] if self._wanted.keys() <= versions.keys() else [self._install(states, versions)]

    @property
    def _wanted(self) -> dict[str, str]:
        """VERSION-RELEASE asked for, by name."""
        pairs = zip(self.engine.names, self.engine.packages, strict=True)
        return {name: package.removeprefix(f"{name}-") for name, package in pairs}

    def _rivals(self, versions: Mapping[str, str]) -> str:
        names = [name for name in RIVALS if name in versions]
        if not names:
            return ""
        packages = ", ".join(f"{name}-{versions[name]}" for name in names)
        return (
            f"{packages} can't stay beside docker-ce: stop its containers and `yum remove {' '.join(names)}` "
            "first (docker-ce won't see its containers and images)"
        )

    def _others(self, versions: Mapping[str, str]) -> str:
        wanted = self._wanted
        # containerd.io and the plugins may serve somebody else where this engine doesn't bring its own
        foreign = [name for name in versions if name.startswith("docker-ce") and name not in wanted]
        wrong = [name for name, version in wanted.items() if versions.get(name, version) != version]
        if not foreign and not wrong:
            return ""
        packages = ", ".join(f"{name}-{versions[name]}" for name in (*wrong, *foreign))
        return (
            f"{packages} is installed where {self.engine.package} is asked for: ask for what is there, "
            "or take it away first (`uninstall-docker`); versions aren't changed in place"
        )

    def _install(self, states: States, versions: Mapping[str, str]) -> Change:
        names = [
            p for name, p in zip(self.engine.names, self.engine.packages, strict=True) if name not in versions
        ]
        record = states[RECORD_ID]
        return Change(
            self.id,
            ", ".join(f"{name}-{version}" for name, version in versions.items()) or "not installed",
            ", ".join(self.engine.packages),
            "not installed",
            " ".join(["install_packages", *map(quote, self.engine.packages)]),
            look=self.repository.look(self.engine.packages),
            stops_daemon=True,  # 18.06's %pre stops a running docker, on a fresh install too
            traces=(Trace(self.id, "installed", sorted({*names, *_recorded(self.id, record)})),),
        )

    def withdraw(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)]
        if isinstance(state, Absent):
            return []
        ours = {package.rsplit("-", 2)[0] for package in _recorded(self.id, states[RECORD_ID])}
        names = [name for name in self._family if name in ours and name in state.versions]
        if not names:
            stays = ", ".join(f"{name}-{v}" for name, v in state.versions.items())
            return [Note(self.id, f"{stays} stays: it was there before us")]
        what = " ".join(map(quote, names))
        return [
            Change(
                self.id,
                ", ".join(f"{name}-{state.versions[name]}" for name in names),
                "absent",
                "we brought it",
                f"remove_packages {what}",
                look=f"look_removal {what}",
                stops_daemon=True,
            )
        ]


def _recorded(ident: str, record: State) -> list[str]:
    touched = record.touched(ident) if isinstance(record, RecordState) else None
    installed = (touched or {}).get("installed", [])
    return [str(package) for package in installed]
