"""Proofs 2 and 3: an image is layers, and images on one base share that base, on the disk and in memory."""

from __future__ import annotations

from dataclasses import replace

from provision.prove.pulls import Pull, layers, pull
from provision.prove.recipe import Seen
from provision.prove.result import Layer, Line, Proof, line, not_applicable, not_proven, proven

LAYERS, SHARED = "layers", "shared"


def size(count: int) -> str:
    """Bytes as docker writes them."""
    if count < 0:
        return "?"
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} B"


def prove_layers(seen: Seen) -> Proof:
    """Whether the first image came as layers, each with its size and digest."""
    pulled, found = pull(seen, 1), layers(seen, 1)
    if not pulled.ok:
        return not_proven(LAYERS, line("pull-failed", image=pulled.image))
    if not found:
        return not_proven(LAYERS, line("layers.unread", image=pulled.image))
    evidence = [line("layers.count", image=pulled.image, count=len(found), size=size(_sum(found)))]
    evidence += [_line(pulled, each, number) for number, each in enumerate(found, 1)]
    if pulled.up_to_date:
        return not_applicable(LAYERS, line("layers.here-before", image=pulled.image), *evidence)
    return proven(LAYERS, *evidence)


def _line(pulled: Pull, each: Layer, number: int) -> Line:
    key = "layers.existed" if each.existed else "layers.came"
    short = each.blob.removeprefix("sha256:")[:12]
    over = next((one.size for one in pulled.layers if one.short == short), 0)
    return line(
        key if not pulled.up_to_date else "layers.there",
        number=number,
        digest=(each.blob or each.diff)[:19],
        size=size(each.size),
        wire=size(over) if over else "?",
    )


def both(seen: Seen) -> dict[str, tuple[Layer, ...]]:
    """Both images' layers by the image's name; those that both have are marked."""
    found = {image: layers(seen, number) for number, image in enumerate(seen.ask.images, 1)}
    common = frozenset.intersection(*(frozenset(_bases(each)) for each in found.values()))
    return {
        image: tuple(
            replace(each, shared=chain in common) for each, chain in zip(row, _bases(row), strict=True)
        )
        for image, row in found.items()
    }


def _bases(row: tuple[Layer, ...]) -> list[tuple[str, ...]]:
    """Each layer with all below it: only as such it is the same one."""
    diffs = tuple(each.diff for each in row)
    return [diffs[: end + 1] for end in range(len(diffs))]


def prove_shared(seen: Seen) -> Proof:
    """Whether the second image brought only what the first hadn't."""
    second = pull(seen, 2)
    if "pull-2" not in seen.sections:
        return not_applicable(SHARED, line("pull-failed", image=seen.ask.images[0]))
    if not second.ok:
        return not_proven(SHARED, line("pull-failed-with", image=second.image, message=second.error))
    rows = both(seen)
    first, other = rows.values()
    shared = [each for each in other if each.shared]
    if not shared:
        return not_applicable(SHARED, line("shared.nothing", a=seen.ask.images[0], b=second.image))
    evidence = [line("shared.count", image=second.image, count=len(shared), of=len(other))]
    if not second.up_to_date:
        existed = [each.short for each in second.layers if each.existed]
        evidence.append(line("shared.existed", digests=", ".join(existed) or "-", wire=size(second.fetched)))
        if not existed:
            return not_proven(SHARED, line("shared.pulled-again", image=second.image), *evidence)
    together = _sum(first) + _sum(other)
    used = together - _sum(tuple(shared))
    evidence.append(line("shared.disk", used=size(used), sum=size(together), saved=size(together - used)))
    return _memory(seen, evidence)


def _memory(seen: Seen, evidence: list[Line]) -> Proof:
    """Two containers read a file of the image from one place: the kernel has it in memory once."""
    if seen.engine.info.driver != "overlay2":
        evidence.append(line("shared.no-overlay", driver=seen.engine.info.driver))
        return proven(SHARED, *evidence)
    places: dict[str, tuple[str, str]] = {}
    memory: dict[str, tuple[int, int, int]] = {}
    path, below = "", ""
    for text in seen.text("one-file").splitlines():
        match text.split():
            case ["memory", name, *counts] if len(counts) == 3:
                memory[name] = (int(counts[0]), int(counts[1]), int(counts[2]))
            case [name, device, inode, where]:
                places[name] = (device, inode)
                path, below = (where, below) if name != "lower" else (path, where)
    inodes = {inode for _, inode in places.values()}
    if set(places) != {"a", "b", "lower"} or len(inodes) != 1:
        return not_proven(SHARED, line("shared.two-files", path=path or "?"), *evidence)
    device, inode = places["lower"]
    evidence.append(line("shared.one-file", path=path, device=device, inode=inode, below=below))
    if memory.get("a", (0, 0, 0))[2]:
        rss, pss, _ = memory["a"]
        evidence.append(line("shared.memory", rss=f"{rss} kB", pss=f"{pss} kB"))
    return proven(SHARED, *evidence)


def _sum(row: tuple[Layer, ...]) -> int:
    return sum(max(each.size, 0) for each in row)
