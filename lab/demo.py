"""`make demo`: a real host from nothing to Docker and back, with the commands that anyone would type."""

import shlex
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from lab import cli
from lab.lab import Lab

BIN = Path(sys.executable).parent
HOST = "host1"


@dataclass
class Demo:
    """The demonstration as it goes: what was shown, how long it took, and whether all of it held."""

    lab: Lab
    shown: list[tuple[str, bool, float]] = field(default_factory=list)

    def show(self, title: str, command: list[str], *, expected: int = 0) -> bool:
        """Print a title and a command, run it, and keep whether it ended as expected."""
        print(f"\n\033[1m== {title}\033[0m" if sys.stdout.isatty() else f"\n== {title}")
        print(f"$ {shlex.join(command)}", flush=True)
        begun = time.monotonic()
        status = subprocess.run([str(BIN / command[0]), *command[1:]], check=False).returncode
        held = status == expected
        if not held:
            print(f"(exit {status} where {expected} was expected)")
        self.shown.append((title, held, time.monotonic() - begun))
        return held

    def fab(self, title: str, *words: str, expected: int = 0) -> bool:
        """The same for a task on the demo's host."""
        return self.show(
            title, ["fab", "-S", str(self.lab.ssh_config), "-H", HOST, *words], expected=expected
        )

    def on_host(self, title: str, command: str) -> bool:
        """The same for a command on the host itself."""
        return self.show(title, ["python", "-m", "lab", "ssh", "--name", self.lab.name, HOST, command])

    def summary(self) -> int:
        """What was shown, in words for somebody who is new here; the exit code."""
        print("\n== What you have seen")
        for title, held, seconds in self.shown:
            print(f"  {'ok    ' if held else 'FAILED'} {seconds:5.1f} s  {title}")
        failed = [title for title, held, _ in self.shown if not held]
        if failed:
            print(f"\n{len(failed)} of {len(self.shown)} did not go as they should.")
            return 1
        print(
            "\nA disposable CentOS 7.9 host was booted on this machine. It had no Docker; one command installed\n"
            "exactly 18.06.3 over SSH, held there against updates, with a registry mirror. Its own checks passed, a\n"
            "second run found nothing to do, a container ran from an image that came through the mirror, the\n"
            "host's own engine showed what images promise, and the last command took all of it away again. On your\n"
            "own hosts it is the same command:\n"
            "  fab -H HOST setup-docker\n"
            "(the package key and the mirror above are the lab's; you need neither of these options)."
        )
        return 0


def main() -> int:
    """Run the demonstration on a lab of its own, which ends with it."""
    if refusal := cli.refusal():
        print(f"demo: {refusal}", file=sys.stderr)
        return 2
    print("Booting a CentOS 7.9 host (the first time the lab is built: some minutes) ...", flush=True)
    begun = time.monotonic()
    lab = Lab.up(name="demo", hosts=1)
    try:
        demo = Demo(
            lab,
            [
                (
                    "a CentOS 7.9 host, its package mirror and registry mirror boot",
                    True,
                    time.monotonic() - begun,
                )
            ],
        )
        play(demo)
        return demo.summary()
    finally:
        lab.down()


def play(demo: Demo) -> None:
    """The scenes, in order."""
    key = ("--repo-key", str(demo.lab.repo_key))
    asked = (*key, "--registry-mirrors", demo.lab.registry_url)
    demo.fab("what would change, and why (exit code 3: changes are pending)", "plan", *asked, expected=3)
    demo.fab("set it up: plan, apply, read again", "setup-docker", *asked)
    demo.fab("check it, by code that is independent of what did it", "verify", *asked)
    demo.fab("a second run finds nothing to do", "setup-docker", *asked)
    demo.on_host(
        "a container from an image that came through the mirror",
        "docker run --rm redis sh -c 'head -n 1 /etc/os-release; redis-server --version' && docker pull nginx",
    )
    demo.fab("what images promise, shown on the host's own engine", "prove-docker")
    demo.fab("take away what was brought", "uninstall-docker", *key)


if __name__ == "__main__":
    sys.exit(main())
