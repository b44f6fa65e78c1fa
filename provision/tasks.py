"""The commands, one set for one host or many: flags in, words out.

pydantic, rich and the rest are imported when a task runs: `fab --list` must not wait for them.
"""

from __future__ import annotations

import gc
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from invoke import Context, Exit, Task

from provision.options import FLAGS, Option

if TYPE_CHECKING:
    from provision.run import Run


@dataclass(frozen=True, slots=True)
class Value:
    """A flag of a command that takes a value, apart from what Spec asks for."""

    name: str
    metavar: str
    help: str


@dataclass(frozen=True, slots=True)
class Switch:
    """A flag without a value."""

    name: str
    help: str


@dataclass(frozen=True, slots=True)
class Argument:
    """What a command wants without a flag before it, right behind its name."""

    name: str
    metavar: str
    help: str


Flag = Option | Value | Switch | Argument

SPEC = Value("spec", "FILE", "YAML file with what is asked for (see README); flags win over it")
ONLY = Value("only", "STEP[,STEP]", "only these steps (`steps` lists them)")
JUNIT = Value("junit", "FILE", "write the checks' results as JUnit XML")
REPORT = Value(
    "report",
    "DIR",
    "write index.html, run.json and junit.xml into this folder, also where hosts fail or the run is broken off",
)
METRICS = Value("metrics", "FILE", "write figures about the run, for node_exporter's textfile collector")
JSON = Switch("json", "print one JSON document on standard output")
QUIET = Switch("quiet", "tell what is wrong and how many hosts ended how, and nothing else")
LANG = Value(
    "lang", "en|zh", "speak English or Chinese (default: as the locale says); --json is the same in both"
)
DRY_RUN = Switch("dry_run", "change nothing, print the plan (as does Fabric's -R/--dry)")
RESTART = Value(
    "restart",
    "if-idle|always|never",
    "whether the daemon may restart: where no container would be stopped (default), in any case, not at all",
)
LOCK_TIMEOUT = Value(
    "lock_timeout", "SECONDS", "how long to wait for another run, or another yum, on a host (default 120)"
)
LIVE_RESTORE = Switch(
    "enable_live_restore",
    "set live-restore, by a reload first, so that containers go on over restarts of the daemon; not in a swarm",
)
DOWNGRADE = Switch("allow_downgrade", "consent to an older version than the one that is installed")
CROSS = Switch(
    "cross_line",
    "consent to a change between 18.06 or before and 18.09 or later, for which containers are stopped in order",
)
OUTPUT = Value("output", "DIR", "the folder that the bundle is made in; it must be new, or empty")
ALSO = Value(
    "also", "VERSION[,VERSION]", "further versions in it, so that a change from one has its way back"
)
IMAGES = Value(
    "images",
    "IMAGE[,IMAGE]",
    "images in it too, as `docker pull` takes them; the host's Docker pulls what it lacks, and removes that again",
)
RUN = Value("run", "ID", "the run, if not that which is under way or the newest (`history` lists them)")
HOLDER = Argument("run", "ID", "the run that holds the host; whoever waits for it is told its id")
REPLACE = Switch(
    "replace_conflicting",
    "replace what can't stay beside docker-ce: CentOS's docker, docker-latest, docker-engine, podman-docker",
)
STOP = Switch("stop_containers", "consent to ending the containers that run")
IMAGE = Value(
    "image",
    "IMAGE[,IMAGE]",
    "the image to pull, and a second that shares layers with it (default redis:7.0.11-bullseye,nginx:1.25.0)",
)
ALLOW_RESTART = Switch(
    "allow_restart", "the daemon may be restarted although containers run that this may stop"
)
URLS = Argument("urls", "URL[,URL]", "the registry mirrors to measure, with commas between")
HTML = Value("html", "FILE", "write what was shown as one page of HTML, with pictures")
PATIENCE = Value("patience", "SECONDS", "how long a pull may stand still before it is ended (default 60)")
PURGE = Switch(
    "purge_data",
    "delete images, containers and volumes too; refused where anything else lies or is mounted there",
)
DEPENDENCIES = Switch(
    "with_dependencies", "take the packages away too that came with Docker's; refused where others need them"
)

INVENTORY = Value(
    "inventory", "FILE", "where hosts come from, instead of -H: see inventory.example.yaml; or Ansible's"
)
LIMIT = Value(
    "limit", "PATTERN", "only these of its hosts: web, 'web:!web03', 'web:&prod', 'web*', '~web[0-9]+'"
)
SHARD = Value("shard", "PART/PARTS", "only this part of the hosts, as 1/4 for the first of four")

FORKS = Value("forks", "NUMBER", "hosts at a time (default: ten for each processor here, at most 100)")
RUNNER = Value(
    "runner", "threads|dask", "who reaches the hosts: threads of this machine (default), or Dask's workers"
)
SCHEDULER = Value("scheduler", "ADDRESS", "where Dask's scheduler is, as tls://HOST:8786")
TIMEOUT = Value(
    "timeout", "SECONDS", "what a host has in all, from its turn on; what it is at then may go on there"
)
RETRY = Value(
    "retry", "NUMBER", "how often a connection that doesn't come about is tried again, at growing intervals"
)
WAVES = Value(
    "waves", "1,10%,50%,100%", "how far the run goes before hosts are checked as by verify, wave by wave"
)
MAX_FAILURES = Value(
    "max_failures",
    "NUMBER or 5%",
    "if more hosts fail no other begins (default: any number; with --waves none)",
)
PAUSE = Value("pause", "SECONDS", "between two waves")
BEFORE = Value(
    "before",
    "COMMAND",
    "run here before a host is changed, {host} in it is its name; if it fails, the host isn't",
)
AFTER = Value(
    "after", "COMMAND", "run here after a host was changed and is well; {host} and {status} stand in it"
)
LEFT = Value("run", "RUN", "which one (`runs` lists them); the newest that has something left if not given")
FAILED = Switch("failed", "take the hosts that failed again, too")

HOSTS: tuple[Flag, ...] = (INVENTORY, LIMIT, SHARD)
PACE: tuple[Flag, ...] = (FORKS, TIMEOUT, RETRY)
BEYOND: tuple[Flag, ...] = (RUNNER, SCHEDULER)
ROLLOUT: tuple[Flag, ...] = (*PACE, *BEYOND, WAVES, MAX_FAILURES, PAUSE, BEFORE, AFTER)
TOLD: tuple[Flag, ...] = (QUIET, LANG, JSON)
ASKED: tuple[Flag, ...] = (*HOSTS, SPEC, *FLAGS)
REPORTS: tuple[Flag, ...] = (REPORT, METRICS)
CONSENTS: tuple[Flag, ...] = (RESTART, LIVE_RESTORE, DOWNGRADE, CROSS, REPLACE)
"""What may be done to an engine that runs."""


def command(*flags: Flag) -> Callable[[Callable[[Run], int]], Task]:
    """A task whose flags are these. The body gets the run as asked for, and returns the exit code."""

    def wrap(body: Callable[[Run], int]) -> Task:
        def task(context: Context, **values: str | bool) -> None:
            # Invoke keeps Python from writing what it compiles: each start would compile all modules of a checkout anew
            sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
            # Modules stay for as long as the program runs: what they are made of isn't looked through for garbage.
            gc.disable()
            from provision.run import Run  # noqa: PLC0415  it brings pydantic and rich

            gc.freeze()
            gc.enable()
            raise_if_empty(flags, values)
            code = body(Run.asked_for(context, values))
            if code:
                raise Exit(code=code)

        parameters = [inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
        parameters += [
            inspect.Parameter(
                flag.name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=_default(flag),
            )
            for flag in flags
        ]
        task.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # functions may have one
        task.__name__, task.__doc__ = body.__name__, body.__doc__
        task.__module__ = body.__module__
        help_ = {flag.name: _help(flag) for flag in flags}
        optional = [flag.name for flag in flags if isinstance(flag, Option) and flag.bare]
        return Task(task, help=help_, optional=optional, auto_shortflags=False)

    return wrap


def _default(flag: Flag) -> Any:
    """The value of a flag that isn't given; an argument has none and must be given."""
    if isinstance(flag, Argument):
        return inspect.Parameter.empty
    return False if _bare(flag) else None


def raise_if_empty(flags: Sequence[Flag], values: Mapping[str, str | bool | None]) -> None:
    """A script's variable that is empty would be no limit, no inventory, no file. Raises OperatorError."""
    from provision.errors import OperatorError  # noqa: PLC0415  likewise

    for flag in flags:
        if values[flag.name] != "" or isinstance(flag, Switch):
            continue
        if isinstance(flag, Argument):
            raise OperatorError(f"nothing stands where {flag.metavar} is wanted: {flag.help}")
        name = f"--{flag.name.replace('_', '-')}"
        raise OperatorError(f"{name}: nothing stands behind it: say {flag.metavar}, or leave {name} out")


def _bare(flag: Flag) -> bool:
    """Whether the flag takes no value."""
    return isinstance(flag, Switch) or (isinstance(flag, Option) and flag.switch)


def _help(flag: Flag) -> str:
    return flag.help if isinstance(flag, Switch) or _bare(flag) else f"{flag.metavar}: {flag.help}"


@command(*ASKED, *PACE, *BEYOND, ONLY, *CONSENTS, LOCK_TIMEOUT, *REPORTS, *TOLD)
def plan(run: Run) -> int:
    """Read the hosts and print what would change, and why; exit code 3 if anything would."""
    return run.plan()


@command(*ASKED, *ROLLOUT, ONLY, *CONSENTS, LOCK_TIMEOUT, DRY_RUN, *REPORTS, *TOLD)
def setup_docker(run: Run) -> int:
    """Install pinned Docker, and keep it as asked for; a second run finds nothing to do."""
    return run.setup()


@command(*ASKED, JUNIT, *REPORTS)
def verify(run: Run) -> int:
    """Check the hosts by pytest-testinfra, through code that is independent of our own probe."""
    return run.verify()


@command(*HOSTS, *PACE, IMAGE, ALLOW_RESTART, PATIENCE, LOCK_TIMEOUT, HTML, LANG, JSON)
def prove_docker(run: Run) -> int:
    """Show on the hosts' own engines that the mirror serves, and that images and containers are as promised."""
    return run.prove()


@command(URLS, *HOSTS, *PACE, IMAGE, JSON)
def mirrors(run: Run) -> int:
    """Measure registry mirrors (URL[,URL]) from every host, and rank them; exit code 1 if none serves."""
    return run.mirrors()


@command(*ASKED, *PACE, JSON)
def facts(run: Run) -> int:
    """Print what is read of the hosts."""
    return run.facts()


@command(*ASKED, *PACE, JSON)
def versions(run: Run) -> int:
    """List the versions that the package repository offers, newest first; the host stays as it was."""
    return run.versions()


@command(OUTPUT, ALSO, IMAGES, *ASKED, *PACE, JSON)
def bundle(run: Run) -> int:
    """Make an offline repository of Docker and all that it needs, through one host; for --package-mirror bundle:DIR."""
    return run.bundle()


@command(*ASKED, *ROLLOUT, STOP, PURGE, DEPENDENCIES, LOCK_TIMEOUT, DRY_RUN, *REPORTS, *TOLD)
def uninstall_docker(run: Run) -> int:
    """Take away what setup-docker brought, by the host's own record; data stays unless --purge-data."""
    return run.uninstall()


@command(JSON)
def runs(run: Run) -> int:
    """List the runs of this machine that changed hosts, the newest first, and what each left."""
    return run.runs()


@command(LEFT, FAILED)
def resume(run: Run) -> int:
    """Go on with a run that was cut off, with exactly the hosts that aren't done."""
    return run.resume()


@command(*ASKED, JSON)
def hosts(run: Run) -> int:
    """List the hosts: how each is reached, what is asked for of it, and where each word of that was said."""
    return run.hosts()


@command(*HOSTS, RUN)
def attach(run: Run) -> int:
    """Join a run that is under way on a host, or show one that has been."""
    return run.attach()


@command(*HOSTS, JSON)
def history(run: Run) -> int:
    """List who changed what on the hosts, and when; the newest first."""
    return run.history()


@command(HOLDER, *HOSTS, LOCK_TIMEOUT)
def unlock(run: Run) -> int:
    """End the run that holds a host, by its id; it ends behind the change that is under way."""
    return run.unlock()


@command()
def steps(run: Run) -> int:
    """List the steps in order."""
    return run.steps()
