"""Proofs 4 and 5: what one container writes no other sees, and only the kernel is the host's."""

from __future__ import annotations

import re

from provision.prove.recipe import Seen
from provision.prove.result import Line, Proof, line, not_applicable, not_proven, proven

COW, KERNEL = "copy-on-write", "kernel"


def not_started(seen: Seen, name: str) -> Proof | None:
    """Why there were no containers to look at, or None if there were."""
    image = seen.ask.images[0]
    if "start-a" not in seen.sections:
        return not_applicable(name, line("pull-failed", image=image))
    for section in ("start-a", "start-b"):
        if not seen.ok(section):
            words = seen.text(section)
            if "executable file not found" in words or "no such file" in words:
                return not_applicable(name, line("no-shell", image=image))
            return not_proven(name, line("start-failed", image=image, message=last(words)))
    return None


def last(text: str) -> str:
    """The last line that says something."""
    return next((each.strip() for each in reversed(text.splitlines()) if each.strip()), "-")


def prove_cow(seen: Seen) -> Proof:
    """Whether a file that one container changed is as it was for the other, and in the image."""
    if (missing := not_started(seen, COW)) is not None:
        return missing
    file = seen.text("file").strip()
    if not file:
        return not_applicable(COW, line("cow.no-file", image=seen.ask.images[0]))
    before, changed = _content(seen, "before"), _content(seen, "content-a")
    evidence = [line("cow.changed", file=file, now=_brief(changed)), line("cow.other", was=_brief(before))]
    if changed == before:
        return not_proven(COW, line("cow.not-written", file=file, message=last(seen.text("change"))))
    for section, key in (("content-b", "cow.other-changed"), ("content-image", "cow.image-changed")):
        if _content(seen, section) != before:
            return not_proven(COW, line(key, file=file), *evidence)
    wanted = {f"C {file}", *(f"C {folder}" for folder in _parents(file))}
    diff = _diff(seen, "a")
    evidence.append(line("cow.diff", diff=", ".join(sorted(diff))))
    if diff != wanted or _diff(seen, "b"):
        other = ", ".join(sorted(_diff(seen, "b") or diff - wanted)) or "-"
        return not_proven(COW, line("cow.more-changed", diff=other), *evidence)
    return _stack(seen, evidence)


def _content(seen: Seen, section: str) -> list[str]:
    return [each for each in seen.text(section).splitlines() if each.strip()]


def _brief(content: list[str]) -> str:
    return " / ".join(content[-2:])[:120]


def _parents(file: str) -> list[str]:
    parts = file.strip("/").split("/")[:-1]
    return ["/" + "/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _diff(seen: Seen, name: str) -> set[str]:
    """What `docker diff` says, without the places that docker makes for mounts."""
    mounts = seen.json(f"inspect-{name}").get("Mounts") or []
    made = (
        {f"A {each['Destination']}" for each in mounts if isinstance(each, dict)}
        if isinstance(mounts, list)
        else set()
    )
    return {each.strip() for each in seen.text(f"diff-{name}").splitlines() if each.strip()} - made


def _stack(seen: Seen, evidence: list[Line]) -> Proof:
    """The directories that overlay2 laid one over the other for both containers."""
    if seen.engine.info.driver != "overlay2":
        return proven(COW, *evidence, line("cow.no-overlay", driver=seen.engine.info.driver))
    lower = {name: _directory(seen, name, "LowerDir").split(":") for name in ("a", "b")}
    upper = {name: _directory(seen, name, "UpperDir") for name in ("a", "b")}
    # the first of each holds what docker mounts into that container: its names end with -init/diff
    if lower["a"][1:] != lower["b"][1:] or not lower["a"][1:] or upper["a"] == upper["b"]:
        return not_proven(COW, line("cow.not-shared"), *evidence)
    return proven(
        COW,
        *evidence,
        line("cow.stack", count=len(lower["a"]) - 1, a=_short(upper["a"]), b=_short(upper["b"])),
    )


def _directory(seen: Seen, name: str, which: str) -> str:
    driver = seen.json(f"inspect-{name}").get("GraphDriver")
    data = driver.get("Data") if isinstance(driver, dict) else None
    return str(data.get(which, "")) if isinstance(data, dict) else ""


def _short(directory: str) -> str:
    found = re.search(r"([0-9a-f]{12})[0-9a-f]*/diff$", directory)
    return f"{found[1]}…/diff" if found else directory


def prove_kernel(seen: Seen) -> Proof:
    """Whether the container runs on the host's kernel, in a distribution of its own."""
    if (missing := not_started(seen, KERNEL)) is not None:
        return missing
    host, inside = seen.engine.kernel, seen.text("kernel").strip()
    names = pretty(seen.engine.system), pretty(seen.text("system"))
    evidence = [
        line("kernel.kernels", host=host, inside=inside),
        line("kernel.systems", host=names[0], inside=names[1]),
    ]
    if host != inside:
        return not_proven(KERNEL, line("kernel.differs"), *evidence)
    if names[0] == names[1]:
        return not_applicable(KERNEL, line("kernel.same-system", image=seen.ask.images[0]), *evidence)
    return proven(KERNEL, *evidence)


def pretty(os_release: str) -> str:
    """PRETTY_NAME of an os-release."""
    found = re.search(r'^PRETTY_NAME=["\']?(.*?)["\']?$', os_release, re.MULTILINE)
    return found[1] if found else "?"
