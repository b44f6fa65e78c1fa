"""Ctrl-C, once and twice. Once: no new hosts. Twice: those in flight are let go too, and finish alone."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from provision.errors import LetGo
from provision.fleet.runners import HEARS


class Stop:
    """Whether the operator wants no more hosts to begin."""

    def __init__(self) -> None:
        # no threading.Event: its lock may be held by the very thread that a signal interrupts
        self.asked = False

    def sleep(self, seconds: float) -> None:
        """Wait, at most until somebody asks."""
        end = time.monotonic() + seconds
        while not self.asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, HEARS))

    @contextmanager
    def on_signals(self, tell: Callable[[], None]) -> Iterator[None]:
        """Have Ctrl-C, and the signal by which services are stopped, ask; `tell` is called at the first, in a thread of
        its own. At the second LetGo is raised in the main thread. Elsewhere than there this does nothing.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def heard(_number: int, _frame: FrameType | None) -> None:
            if self.asked:
                raise LetGo
            self.asked = True
            # whoever is told may hold locks that the main thread, which is interrupted here, holds as well
            threading.Thread(target=tell, daemon=True).start()

        before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
