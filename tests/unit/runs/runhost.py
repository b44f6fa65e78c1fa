"""A host on which runs begin: its folders are a test's, and programs stand in for systemd's.

What only a real systemd, and a real connection, can show is shown in the lab.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from provision import script
from provision.runs import About, Claim, HostRun, Task, apply_script
from provision.script import Mark
from tests.unit.shell import WORD, programs, run

ABOUT = About(
    "setup-docker", "it's me at $HOME", "1.2", ["file /etc/x: absent -> 'present'"], ["end of life"]
)
PROBES = [("it", "echo read")]
RECORD = Task("record", 'mkdir -p "$state"; echo {} >"$state/record.json"')
"""By which a host is ours from then on."""
READ = [(Mark.BEGIN, "it"), (Mark.END, "it 0")]

SYSTEMD_RUN = """
for word; do
  case $word in --unit=*) unit=${word#--unit=} ;; esac
  before=${last-} last=$word
done
if [ -e "$0.broken" ]; then cat "$0.broken" >&2; exit 1; fi
setsid $before "$last" </dev/null >/dev/null 2>&1 &
echo $! >"UNITS/$unit.service"
"""
SYSTEMCTL = """
for word; do case $word in *.service) unit=$word ;; esac; done
pid=$(cat "UNITS/$unit" 2>/dev/null)
if [ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null; then pid=0; fi
case "$*" in
  *is-active*) [ "$pid" != 0 ] ;;
  *MainPID*) echo "MainPID=$pid" ;;
  *stop*) kill -s TERM "$pid" ;;
esac
"""


class Answer:
    """What a script printed: its frames, and what it said beside them."""

    def __init__(self, output: str) -> None:
        found = [(line, script.frame(line, WORD)) for line in output.split("\n")]
        self.text = output
        frames = [(frame.mark, frame.rest) for _, frame in found if frame is not None]
        self.frames = [each for each in frames if each[0] is not Mark.LEAVE]
        self.said = [line for line, frame in found if frame is None and line]


class RunHost:
    """The host; `shell` is its /bin/sh."""

    def __init__(self, folder: Path, shell: tuple[str, ...]) -> None:
        self.shell = shell
        self.state = folder / "state"
        self.lock = folder / "lock"
        self.units = folder / "units"
        self.units.mkdir()
        self.syslog = folder / "syslog"
        self.bin = programs(
            folder / "bin",
            {
                "systemd-run": SYSTEMD_RUN.replace("UNITS", str(self.units)),
                "systemctl": SYSTEMCTL.replace("UNITS", str(self.units)),
                "logger": f'shift 2; echo "$*" >>{self.syslog}',
            },
        )

    @property
    def run_folder(self) -> Path:
        """Where the run of this nonce is kept."""
        return self.state / "runs" / WORD[1:]

    def run(self, text: str, **environment: str) -> Answer:
        """A script, as it comes over the wire."""
        done = run(self.shell, self._here(text), **environment)
        assert done.stderr == ""
        return Answer(done.stdout)

    def begin(self, *tasks: Task, patience: int = 0, **environment: str) -> Answer:
        """A run with these tasks, followed to its end."""
        run = run_of(*tasks, patience=patience)
        answer = self.run(run.begin, **environment)
        if farewell := run.ended(answer.text):
            assert self.run_folder.exists(), "until its end was heard"
            self.run(farewell)
        return answer

    @contextlib.contextmanager
    def begun(self, *tasks: Task) -> Iterator[subprocess.Popen[str]]:
        """The same, not waited for; the session is ended with the block, the run isn't."""
        words = [*self.shell, "-c", self._here(run_of(*tasks).begin)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True) as session:
            try:
                yield session
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(session.pid, signal.SIGKILL)

    def unit(self) -> int:
        """The unit's process, once there is one."""
        path = self.units / f"docker-provision-{WORD[1:]}.service"
        wait_for(lambda: path.exists() and bool(path.read_text()))
        return int(path.read_text())

    def _here(self, text: str) -> str:
        return (
            text.replace("state=/var/lib/docker-provision", f"state={self.state}")
            .replace("lock=/run/docker-provision.lock", f"lock={self.lock}")
            .replace("PATH=/usr/sbin:", f"PATH={self.bin}:/usr/sbin:")
            .replace('/bin/sh "$run/script"', f'"{" ".join(self.shell)}" "$run/script"')
        )


def run_of(*tasks: Task, patience: int = 0) -> HostRun:
    """A run with these tasks."""
    text = apply_script(tasks, PROBES, ("helper() { echo helped; }\n",), WORD, Claim(ABOUT.by, patience))
    return HostRun(WORD, text, ABOUT)


def around(*idents: str) -> list[tuple[Mark, str]]:
    """Steps that begin and end."""
    return [(mark, ident) for ident in idents for mark in (Mark.STEP, Mark.DONE)]


def wait_for(it: object) -> None:
    """Until it is so; a test that waits for what never comes ends by its own time limit."""
    assert callable(it)
    while not it():
        time.sleep(0.02)
