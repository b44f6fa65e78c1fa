"""Docker's data: images, containers and volumes. It stays, unless the operator says that it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from provision.resources.base import Change, Finding, Note, Refusal, State, States, Unknown, quote
from provision.resources.brought import brought
from provision.resources.data_shell import LIBRARY
from provision.resources.record import RECORD_ID, why_not_ours
from provision.script import Section

BROUGHT_BY = {"docker": "docker-ce", "containerd": "containerd.io"}
"""The package whose data each kind of folder holds."""


@dataclass(frozen=True, slots=True)
class Store:
    """A folder that holds an engine's data. `stays` is what of it isn't Docker's to remove: the folder itself where it
    is a mount point or a link leads to it. `obstacle` is why it can't be deleted."""

    kind: str
    images: int
    containers: int
    volumes: int
    stays: str
    path: str
    obstacle: str = ""

    def __str__(self) -> str:
        if self.kind != "docker":
            return "containerd's data"
        counts = (self.images, "image"), (self.containers, "container"), (self.volumes, "volume")
        return ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts)


@dataclass(frozen=True, slots=True)
class DataState:
    """All folders that hold data."""

    stores: tuple[Store, ...]

    def __str__(self) -> str:
        return "\n".join(f"{store.path}: {store}" for store in self.stores) or "none"


@dataclass(frozen=True, slots=True)
class Data:
    """The data of the engine that we brought. `purge` is the operator's consent to its deletion."""

    purge: bool

    @property
    def id(self) -> str:
        return "data"

    @property
    def library(self) -> str:
        return LIBRARY

    def probe(self) -> str:
        return "probe_data"

    def parse(self, section: Section) -> State:
        if not section.complete or section.status != 0:
            return Unknown(f"can't look for Docker's data: {section.text.strip() or 'no answer'}")
        try:
            return DataState(tuple(_stores(section.text)))
        except ValueError:
            return Unknown("can't look for Docker's data: the host's answer is spoilt, run again")

    def remember(self, state: State) -> Any:  # noqa: ARG002  the protocol's signature
        """Data isn't brought by a change of ours."""
        return None

    def compare(self, states: States) -> list[Finding]:  # noqa: ARG002  likewise
        """Nothing is asked of data."""
        return []

    def withdraw(self, states: States) -> list[Finding]:
        state = states[self.id]
        if isinstance(state, Unknown):
            return [Refusal(self.id, state.why)] if self.purge else [Note(self.id, state.why)]
        ours = brought(states[RECORD_ID])
        why = why_not_ours(states[RECORD_ID])
        return [
            self._withdraw(store, "" if BROUGHT_BY[store.kind] in ours else why) for store in state.stores
        ]

    def _withdraw(self, store: Store, why: str) -> Finding:
        """`why` the engine that wrote it isn't ours; empty if it is."""
        if why:
            return Note(self.id, f"{store.path} stays ({store}): {why}")
        if not self.purge:
            return Note(self.id, f"{store.path} stays ({store}): --purge-data deletes it")
        if store.obstacle:
            return Refusal(self.id, f"--purge-data: {store.obstacle}")
        return Change(
            f"data {store.path}",
            str(store),
            f"empty, the {store.stays} itself stays" if store.stays else "absent",
            "--purge-data",
            f"purge_data {quote(store.kind)} {quote(store.path)}",
        )


def _stores(text: str) -> Iterator[Store]:
    """Raises ValueError."""
    for line in text.splitlines():
        kind, images, containers, volumes, stays, path, obstacle = line.split("\t", 6)
        if kind not in BROUGHT_BY:
            raise ValueError(kind)
        yield Store(kind, int(images), int(containers), int(volumes), stays, path, obstacle)
