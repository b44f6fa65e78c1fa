"""What else a Docker has to do: a published port, DNS, a memory limit, logs, and to come back after a restart."""

from __future__ import annotations

import re

from provision.prove.apart import last, not_started
from provision.prove.recipe import Seen
from provision.prove.result import Proof, line, not_applicable, not_proven, proven
from provision.words.docker import daemon_failure

PORT, DNS, MEMORY, LOGS, RESTART = "port", "dns", "memory", "logs", "restart"
ASKED = 32 * 1024 * 1024
"""Bytes of the memory limit that is asked for."""


def prove_port(seen: Seen) -> Proof:
    """Whether a server in a container answers on a port of the host."""
    image = seen.ask.images[1]
    if "web-start" not in seen.sections:
        missing = image if "pull-2" in seen.sections else seen.ask.images[0]
        return not_applicable(PORT, line("pull-failed", image=missing))
    if not seen.ok("web-start"):
        return not_proven(PORT, line("start-failed", image=image, message=last(seen.text("web-start"))))
    place, code, title = f"{last(seen.text('web'))}  ".split(" ", 2)
    if place == "none":
        return not_applicable(PORT, line("port.none", image=image))
    if re.fullmatch(r"[1-5]\d\d", code):
        return proven(PORT, line("port.answers", place=place, code=code, title=title.strip() or "-"))
    return not_proven(PORT, line("port.silent", place=place, image=image), remedy=line("port.remedy"))


def prove_dns(seen: Seen) -> Proof:
    """Whether a container finds another by name, and what the host finds."""
    if (missing := not_started(seen, DNS)) is not None:
        return missing
    found = dict(each.partition(" ")[::2] for each in seen.text("names").splitlines() if each)
    own = found.get("own", "").split()
    if not own:
        return not_proven(DNS, line("dns.own-unknown"), remedy=line("dns.own-unknown.remedy"))
    evidence = [line("dns.own", name=f"{seen.run}-b", address=own[0])]
    outside = found.get("host", "").split()
    if not outside:
        return proven(DNS, *evidence, line("dns.no-outside"))
    inside = found.get("inside", "").split()
    if not inside:
        why = line("dns.outside-unknown", name=outside[-1])
        return not_proven(DNS, why, *evidence, remedy=line("dns.outside-unknown.remedy"))
    return proven(DNS, *evidence, line("dns.outside", name=outside[-1], address=inside[0]))


def prove_memory(seen: Seen) -> Proof:
    """Whether a container can't take more memory than it may."""
    if (missing := not_started(seen, MEMORY)) is not None:
        return missing
    found = {}
    for text in seen.text("memory").splitlines():
        name, _, value = text.partition(" ")
        found[name] = value
    limit = found.get("memory/memory.limit_in_bytes") or found.get("memory.max")
    if limit is None:
        return not_proven(MEMORY, line("memory.unread", message=last(seen.text("memory"))))
    if limit != str(ASKED):
        return not_proven(MEMORY, line("memory.not-set", limit=limit), remedy=line("memory.not-set.remedy"))
    peak = found.get("memory/memory.max_usage_in_bytes") or found.get("memory.peak")
    evidence = [line("memory.limit", limit="32 MiB")]
    if peak is not None and found.get("written") == str(2 * ASKED):
        if int(peak) > ASKED:
            return not_proven(MEMORY, line("memory.exceeded", peak=_mib(peak)), *evidence)
        evidence.append(line("memory.held", peak=_mib(peak)))
    return proven(MEMORY, *evidence)


def _mib(count: str) -> str:
    return f"{int(count) / 2**20:.1f} MiB"


def prove_logs(seen: Seen) -> Proof:
    """Whether what a container prints can be read."""
    if (missing := not_started(seen, LOGS)) is not None:
        return missing
    words, driver = seen.text("logs"), seen.engine.info.logging_driver
    if "does not support reading" in words:
        return not_applicable(LOGS, line("logs.unreadable", driver=driver))
    wanted = f"hello from a of {seen.run}"
    if wanted in words:
        return proven(LOGS, line("logs.read", text=wanted, driver=driver))
    return not_proven(LOGS, line("logs.missing", driver=driver, message=last(words)))


def prove_restart(seen: Seen) -> Proof:
    """Whether a container with a restart policy is there after the daemon restarted."""
    if "restart" not in seen.sections:
        return not_applicable(RESTART, line("pull-failed", image=seen.ask.images[0]))
    found: dict[str, list[str]] = {}
    for text in seen.text("restart").splitlines():
        name, _, value = text.partition(" ")
        found.setdefault(name, value.split())
    if "others" in found:
        return not_applicable(RESTART, line("restart.others", names=", ".join(found["others"])))
    if "pending" in found:
        return not_applicable(RESTART, line("restart.pending", file=found["pending"][0]))
    match found.get("before"), found.get("after"):
        case [pid, _, _, daemon], [new_pid, started, "true", new_daemon] if new_daemon not in ("0", daemon):
            key = "restart.went-on" if pid == new_pid else "restart.came-back"
            return proven(
                RESTART,
                line("restart.daemon", before=daemon, after=new_daemon),
                line(key, before=pid, after=new_pid, started=started[:19]),
            )
        case [_, _, _, _], _:
            reason = daemon_failure(seen.text("restart").splitlines())
            daemon_up = len(found.get("after") or ()) == 4
            why = line("restart.stayed-down") if daemon_up else line("restart.no-daemon", message=reason.what)
            return not_proven(RESTART, why, remedy=line("restart.remedy"))
        case _:
            return not_proven(RESTART, line("restart.unread", message=last(seen.text("restart"))))
