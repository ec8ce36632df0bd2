"""What can go wrong at a partner, on demand: for rehearsals and tests."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How the stand-in misbehaves. Bytes are counted from the moment the faults are set, over all files."""

    drop_after: int | None = None
    """Hang up once this many bytes have been written."""
    full_after: int | None = None
    """No space left once this many bytes have been written."""
    stall_after: int | None = None
    """Neither answer nor read any more once this many bytes have been written."""
    refuse_rename: bool = False
    lie_about_size: bool = False
    """Say one byte too few, everywhere."""
    sweep: bool = False
    """Take every file away the moment it has its final name, as partners do who poll."""
    forbid_reading: bool = False
    forbid_removing: bool = False


NONE = Faults()


class Mischief:
    """The faults now in force, and how far they have come. Shared by all connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written = 0
        self.faults = NONE
        self.released = threading.Event()
        """Set when the stand-in ends: what was stalled may go."""

    def set(self, faults: Faults) -> None:
        with self._lock:
            self.faults, self._written = faults, 0

    def writes(self, size: int) -> int:
        """Bytes written so far, these included."""
        with self._lock:
            self._written += size
            return self._written


def exceeded(limit: int | None, written: int) -> bool:
    return limit is not None and written > limit
