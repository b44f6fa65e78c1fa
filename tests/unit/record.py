"""Ask hosts anew for the cases of planning (see `case`).

    python -m tests.unit.record lab LAB [CASE...]      bring host1 of a lab into each case's state, and ask it
    python -m tests.unit.record host HOST CASE [FILE]  ask this host as it is, by ssh (FILE is an ssh_config)
    python -m tests.unit.record plan [CASE...]         plan anew from the answers that are there

All cases where none is named. The plan is written as it comes out: read the difference before you commit it.
A new case is a file with title, `from` and `spec`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.host import LabHost
from lab.lab import Lab
from provision import facts
from tests.unit.case import NAMES, WORD, Case

CHECKOUT = Path(__file__).parents[2]
REGISTRY = "http://registry.example:5000"
"""The lab's registry by a name that is the same in every lab."""


def main(arguments: Sequence[str]) -> None:
    match arguments:
        case ["lab", name, *names]:
            _from_lab(Lab.load(name), [Case.load(each) for each in names or NAMES])
        case ["host", host, name, *config]:
            case_ = Case.load(name)
            case_.answer = _asked(case_, host, config[0] if config else None)
            _save(case_)
        case ["plan", *names]:
            for name in names or NAMES:
                _save(Case.load(name))
        case _:
            sys.exit(__doc__)


def _save(case_: Case) -> None:
    case_.plan = case_.planned()
    if case_.uninstall is not None:
        case_.uninstall = case_.planned_back()
    case_.save()
    print(f"{case_.name}: {case_.title}\n{case_.plan}\n")


def _asked(case_: Case, host: str, config: str | None) -> str:
    """The host's answer to the case's probes."""
    options = ["-F", config] if config else []
    probe = facts.probe_script(case_.steps, WORD).encode()
    done = subprocess.run(["ssh", *options, host, "sh -s"], input=probe, capture_output=True, check=False)
    return done.stdout.decode(errors="replace")


def _from_lab(lab: Lab, cases: Sequence[Case]) -> None:
    host = lab.host("host1")
    for case_ in cases:
        if case_.origin != "fresh" and case_.origin not in host.disk.snapshots():
            _set_up(lab, host, case_.origin)
        host.restore(case_.origin)
        if case_.spoil:
            host.run(f"set -e\n{case_.spoil}", timeout=120)
        case_.answer = _asked(case_, host.name, str(lab.ssh_config))
        _save(case_)


def _set_up(lab: Lab, host: LabHost, version: str) -> None:
    """A host with this engine, and alice in its group, kept under the version's name."""
    host.restore("fresh")
    host.run(f"useradd alice; useradd bob; echo {lab.address} registry.example >>/etc/hosts")
    asked = [f"--docker-version={version}", f"--registry-mirrors={REGISTRY}", "--users=alice"]
    fab = [str(Path(sys.executable).with_name("fab")), "-S", str(lab.ssh_config), "-H", host.name]
    for more in ([f"--repo-key={lab.repo_key}"], ["--only=repos"]):
        # the second time as on a host with packages by Docker: asked for Docker's own key
        subprocess.run([*fab, "setup-docker", *asked, *more], cwd=CHECKOUT, check=True)
    host.snapshot(version)


if __name__ == "__main__":
    main(sys.argv[1:])
