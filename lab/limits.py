"""The machine's limit on inotify objects, raised while there are labs.

Every systemd holds about a dozen of them, all count for root, and the kernel's default of 128 is enough for ten hosts
only: the next one stops half-way through its boot with "Failed to create inotify object: Too many open files".
Call these under `state.lock()`.
"""

from pathlib import Path

from lab import state

LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
NEEDED = (
    8192  # 200 hosts with engines and to spare; an object costs about a kilobyte, and only when it is used
)


def _before() -> Path:
    return state.RUN / "inotify-instances"


def lift() -> None:
    """Raise the limit if it is lower, and write down what it was."""
    now = int(LIMIT.read_text())
    if now < NEEDED:
        _before().write_text(str(now))
        LIMIT.write_text(str(NEEDED))


def give_back() -> None:
    """Set the limit to what it was; for when no lab is left."""
    if _before().exists():
        LIMIT.write_text(_before().read_text())
        _before().unlink()
