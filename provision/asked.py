"""What is asked for of the hosts of a run: the Spec of each, and what follows from it.

Hosts of which the same is asked share one object: a thousand hosts of one group cost one Spec.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from provision import advisories, handed, spec
from provision.advisories import Advisories
from provision.errors import OperatorError
from provision.handed import Handed
from provision.inventory import Origin
from provision.preflight import Terms
from provision.resources import record
from provision.resources.base import Step
from provision.resources.restart import Policy
from provision.resources.withdrawal import Withdrawal
from provision.spec import Layer, Spec
from provision.steps import steps


@dataclass(frozen=True)
class Asked:
    """What is asked for of a host, with what the files that it names hold."""

    spec: Spec
    handed: Handed

    @cached_property
    def advisories(self) -> Advisories:
        """What is known against the version asked for."""
        return advisories.about(self.spec.engine)

    @cached_property
    def terms(self) -> Terms:
        """On what terms hosts are served."""
        known = (record.known("end of life", str(self.advisories)),) if self.spec.ack_eol else ()
        return Terms(self.spec.any_el7, frozenset(self.spec.accept_data_change), known)

    def steps(
        self, only: frozenset[str], policy: Policy, *, withdrawal: Withdrawal | None = None
    ) -> tuple[Step, ...]:
        """The steps to it, or back. Raises OperatorError where the policy contradicts it."""
        if policy.enable_live_restore and self.spec.settings().get("live-restore") is False:
            raise OperatorError(
                "--enable-live-restore: live_restore, or live-restore under daemon, is false: say one"
            )
        return steps(self.spec, self.handed, only=only, policy=policy, withdrawal=withdrawal)


class Wishes:
    """What is asked for of each host: its own layers first, then those of `over` (--spec and flags), which win.

    `installs`: the engine is to be installed, else each host's own counts.
    """

    def __init__(self, *over: Origin, installs: bool = True) -> None:
        self.over, self._installs = over, installs
        self._known: dict[tuple[int, ...], tuple[Sequence[Layer], Asked]] = {}

    def of(self, layers: Sequence[Layer] = ()) -> Asked:
        """What these layers ask for. Raises OperatorError."""
        key = tuple(map(id, layers))
        if key not in self._known:
            over = (origin.spec for origin in self.over)
            built = spec.build(*layers, *over, installs=self._installs)
            self._known[key] = (
                layers,
                Asked(built, handed.read(built)),
            )  # the layers live on, and so do their ids
        return self._known[key][1]
