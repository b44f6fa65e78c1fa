"""A run apart from the connection: handed to systemd, and followed from any byte of what it says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from provision import script
from provision.runs.applying import run_id
from provision.runs.sending import ASKS, Sent, receiving
from provision.runs.shell import FOLLOW, FORGET, LAUNCH, LIBRARY, RETURN
from provision.script import COMMON, PREAMBLE, Mark, quote


@dataclass(frozen=True, slots=True)
class About:
    """What a host keeps of a run for whoever asks later: the command, who gave it (`by`) with which version of this
    program, the changes as the plan showed them, and what the operator said to know. No secrets, since plans show none.
    """

    command: str
    by: str
    version: str
    changes: Sequence[str]
    known: Sequence[str] = ()

    def text(self) -> str:
        """As it lies on the host."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class HostRun:
    """A run as it goes over the wire. `word` is the nonce of its frames.

    `text` is what `apply_script` gave; without it nothing is begun, and one that has begun is joined. `sends` are files
    that it needs on the host before it begins.
    """

    word: str
    text: str = ""
    about: About | None = None
    sends: tuple[Sent, ...] = ()

    @property
    def id(self) -> str:
        """By which the host and its operators call it."""
        return run_id(self.word)

    @property
    def begin(self) -> str:
        """A script that begins the run, says what it says, and where it ended well reads the host."""
        if self.about is None:
            return self.follow(1)
        words = " ".join(map(quote, (self.id, self.about.text())))
        return self._script(FORGET + LAUNCH + FOLLOW, f'launch {words} "$text"\nfollow {self.id} 1')

    @property
    def receive(self) -> str:
        """A script that takes the files that it sends, once that has asked for them by the line `asks`."""
        return receiving(self.id, self.sends, self.word)

    @property
    def asks(self) -> str:
        """The line by which the host asks for the files."""
        return f"{self.word} begin {ASKS}\n"

    def not_taken(self, said: str) -> str:
        """Why the host didn't take the files, out of what it said instead."""
        frames = (script.frame(line, self.word) for line in said.split("\n"))
        why = [frame.rest for frame in frames if frame is not None and frame.mark is Mark.REFUSE]
        return why[-1] if why else "the host ended before it had taken what was sent: run again"

    def follow(self, offset: int) -> str:
        """The same for a run that is under way or has been, from byte `offset` on; 1 is the first.

        For a new connection: a run that waits for one takes it for a sign that the host can be reached.
        """
        return self._script(FOLLOW + RETURN, f"come_back {self.id} {offset}")

    def wants_return(self, line: str) -> bool:
        """Whether by this line the run asks for a new connection."""
        frame = script.frame(line, self.word)
        return frame is not None and frame.mark is Mark.CONFIRM

    def ended(self, said: str) -> str | None:
        """A script by which the host forgets the run, if it said that it keeps it only until its end was heard."""
        if script.Frame(Mark.LEAVE, self.id) not in (
            script.frame(line, self.word) for line in said.split("\n")
        ):
            return None
        return self._opening + FORGET + f"forget {self.id} </dev/null\n"

    @property
    def _opening(self) -> str:
        return PREAMBLE.format(title="docker-provision: run", nonce=self.word) + COMMON

    def _script(self, library: str, what: str) -> str:
        # the text serves twice: the unit runs it, and once the run is over, its functions read the host
        reading = 'eval "$text"\nreading\n' if self.text else ""
        return (
            self._opening
            + LIBRARY
            + library
            + f"text={quote(self.text)}\n"
            + f"carry_out() {{\n{what} || exit 1\n{reading}}}\n"
            + "carry_out </dev/null\n"
        )
