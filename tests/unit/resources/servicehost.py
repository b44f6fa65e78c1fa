"""A stand-in for systemd and docker, as programs for shell text to call.

Its daemon takes daemon.json up at a start and a reload unless it says "bad", and docker info then shows the file's
very text as its mirrors.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.resources import file_shell, record
from provision.resources.unit_shell import LIBRARY
from provision.runs import hiding
from provision.script import Frame, Mark, quote
from tests.unit.shell import SHELLS, call, programs

SYSTEMCTL = """echo "$*" >>"$ROOT/log"
takes() { ! grep -q bad "$ROOT/etc/docker/daemon.json"; }
take() { cat "$ROOT/etc/docker/daemon.json" >"$ROOT/loaded" 2>/dev/null || echo null >"$ROOT/loaded"; }
case $1 in
  is-active) [ "$(cat "$ROOT/active")" = active ] ;;
  is-enabled) cat "$ROOT/enabled" ;;
  enable) [ -e "$ROOT/stuck" ] || echo enabled >"$ROOT/enabled" ;;
  start | restart) if takes; then take; echo active >"$ROOT/active"; else echo failed >"$ROOT/active"; fi ;;
  reload)
    if [ -e "$ROOT/ends" ]; then
      rm "$ROOT/ends"
      echo failed >"$ROOT/active"
    elif takes; then
      take
      [ -e "$ROOT/mute" ] || echo "$(date +%s%N) {\\"debug\\":\\"true\\"}" >>"$ROOT/events"
    fi ;;
  stop) [ -e "$ROOT/stuck" ] || echo inactive >"$ROOT/active" ;;
  show)
    shift
    for word; do
      case $word in
        LoadState) echo "LoadState=loaded" ;;
        ActiveState) echo "ActiveState=$(cat "$ROOT/active")" ;;
        UnitFileState) echo "UnitFileState=$(cat "$ROOT/enabled")" ;;
        MainPID) echo "MainPID=$$" ;;
      esac
    done ;;
esac"""
DOCKER = """[ "$1 $2" = "-H unix:///var/run/docker.sock" ] || exit 64
if [ -e "$ROOT/silent" ]; then exit 124; fi
shift 2
case $* in
  plugin*) cat "$ROOT/plugin" ;;
  events*) cat "$ROOT/events" ;;
  *RegistryConfig*) echo "registry-mirrors=$(cat "$ROOT/loaded")" ;;
  *LiveRestore*) cat "$ROOT/live" ;;
  *DockerRootDir*) echo "$ROOT/data" ;;
  'info -f {{json .}}') cat "$ROOT/info" ;;
  inspect*) sed 's|.*|container=/& always|' "$ROOT/containers" ;;
  ps*) cat "$ROOT/containers" ;;
  stop*) echo "docker $*" >>"$ROOT/log"; echo >"$ROOT/containers" ;;
esac"""
WORDS = 'level=error msg="unable to configure the Docker daemon"'
NOTED = 'echo "${0##*/} $*" >>"$ROOT/log"'


class Host:
    """A host with this stand-in, and its daemon running with `[]`."""

    def __init__(self, shell: tuple[str, ...], root: Path) -> None:
        self.shell, self.root = shell, root
        texts = {
            "systemctl": SYSTEMCTL,
            "docker": DOCKER,
            "journalctl": f"echo {quote(WORDS)}",
            "sleep": "exit 0",
        }
        texts |= {"df": 'echo; echo "/dev/sda 9 9 $(cat "$ROOT/free") 99% /"'}
        texts |= {"ip": NOTED, "iptables": NOTED}
        path = {name: f"ROOT={quote(str(root))}\n{text}" for name, text in texts.items()}
        self.bin = programs(root / "bin", path)
        self.daemon_json = root / "etc/docker/daemon.json"
        self.daemon_json.parent.mkdir(parents=True)
        self.pending = Path(f"{root}/state/pending{self.daemon_json}")
        for name, text in {
            "active": "active",
            "enabled": "enabled",
            "containers": "",
            "live": "false",
            "loaded": "[]",
            "free": "99999",
            "events": '1000 {"debug":"false"}',
        }.items():
            (root / name).write_text(f"{text}\n")
        self.daemon_json.write_text("[]")
        self.library = (file_shell.LIBRARY + record.LIBRARY + hiding.LIBRARY + LIBRARY).replace(
            "/var/lib/docker-provision", f"{root}/state"
        )
        units = "/etc/systemd/system/docker.service.d/docker-provision-way"
        self.library = self.library.replace(units, f"{root}/units/docker-provision-way")
        for folder in ("/etc/docker", "/run/docker/plugins", "/run/docker-provision", "/sys/class/net"):
            self.library = self.library.replace(folder, f"{root}{folder}")

    def run(self, text: str) -> tuple[str, list[Frame]]:
        return call(self.shell, self.root / "state", self.library, text, path=self.bin)

    def set(self, **files: str) -> None:
        for name, text in files.items():
            (self.root / name).write_text(f"{text}\n")

    def keep(self, text: str | None) -> None:
        """A daemon.json from before a change that isn't confirmed yet; None where there was no file."""
        self.pending.parent.mkdir(parents=True)
        if text is None:
            Path(f"{self.pending}.absent").touch()
        else:
            self.pending.write_text(text)

    def log(self, *verbs: str) -> list[str]:
        path = self.root / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if line.split()[0] in verbs]

    @property
    def active(self) -> str:
        return (self.root / "active").read_text().strip()


@pytest.fixture(params=SHELLS, ids="-".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    return Host(request.param, tmp_path)


def failed(words: str) -> list[Frame]:
    return [Frame(Mark.FAIL, words)]
