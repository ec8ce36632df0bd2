"""What can go wrong at a partner, on demand: the fault menu, for rehearsals and tests.

A fault is in force from one step of a delivery on (`begins_at`), and at every later step; so
each fault can be met at each step. Steps are told by what a sender asks for.
"""

import threading
from dataclasses import dataclass
from typing import Final, Literal, get_args

Step = Literal["connect", "look", "create", "write", "close", "read-back", "rename", "release"]
"""A delivery as the server sees it. `release` is the rename that gives an envelope its final name."""
STEPS: Final[tuple[Step, ...]] = get_args(Step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How the stand-in misbehaves. Bytes are counted from the moment the faults are set, over all files."""

    begins_at: Step = "connect"
    """From this step on; before it all is well."""
    drop_after: int | None = None
    """Hang up once this many bytes have been written."""
    full_after: int | None = None
    """No space left once this many bytes have been written."""
    stall_after: int | None = None
    """Neither answer nor read any more once this many bytes have been written."""
    hang_up: Literal["before", "after"] | None = None
    """End the connection instead of doing what is asked, or having done it and not said so."""
    stall: bool = False
    """Answer nothing any more."""
    slow: float = 0.0
    """Seconds that each answer takes."""
    change_host_key: bool = False
    """Show another host key to whoever connects."""
    refuse_authentication: bool = False
    refuse_rename: bool = False
    overwrite: bool = False
    """Let a rename replace what has the name already, as servers do that take rename for posix-rename."""
    truncate: bool = False
    """Keep one byte less of every file than was written, and say nothing."""
    lie_about_size: bool = False
    """Say one byte too few, everywhere."""
    sweep: bool = False
    """Take every file away the moment it has its final name, as partners do who poll."""
    refuse_stat: bool = False
    forbid_reading: bool = False
    forbid_reading_from: int | None = None
    """Let every file be opened, and give nothing of it from this byte on."""
    forbid_removing: bool = False


NONE: Final = Faults()
MENU: Final[dict[str, tuple[Faults, str]]] = {
    "sweeps": (Faults(sweep=True), "takes files away as soon as they have their final name"),
    "truncates": (Faults(truncate=True), "keeps one byte less of every file than was written"),
    "disk-full": (Faults(full_after=100_000), "has no space left after 100,000 bytes"),
    "refuses-rename": (Faults(refuse_rename=True), "lets nobody rename"),
    "overwrites": (Faults(overwrite=True), "lets a rename replace another file"),
    "stalls": (Faults(stall_after=100_000), "stops reading and answering after 100,000 bytes"),
    "drops": (Faults(drop_after=100_000), "hangs up after 100,000 bytes"),
    "other-host-key": (Faults(change_host_key=True), "shows another host key"),
    "refuses-authentication": (Faults(refuse_authentication=True), "lets nobody log in"),
    "lies-about-size": (Faults(lie_about_size=True), "says one byte too few of every file"),
    "slow": (Faults(slow=0.5), "takes half a second for every answer"),
    "refuses-stat": (Faults(refuse_stat=True), "tells nothing about any file"),
    "forbids-reading": (Faults(forbid_reading=True), "lets nobody read"),
    "forbids-removing": (Faults(forbid_removing=True), "lets nobody delete"),
}
"""What `gateway partner serve --fault` takes: name, faults, and its words."""


class Mischief:
    """The faults now in force, and how far they have come. Shared by all connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written = 0
        self._set = NONE
        self._begun = False
        self.releases = 0
        """How often an envelope was given its final name, in all."""
        self.released = threading.Event()
        """Set when the stand-in ends, or other faults are set: what was stalled may go."""

    def set(self, faults: Faults) -> None:
        with self._lock:
            self._set, self._written, self._begun = faults, 0, faults.begins_at == STEPS[0]
            self.released.set()
            self.released = threading.Event()

    def at(self, step: Step) -> Faults:
        """The faults in force, now that this step is reached."""
        with self._lock:
            self._begun = self._begun or step == self._set.begins_at
        return self.faults

    @property
    def faults(self) -> Faults:
        return self._set if self._begun else NONE

    def writes(self, size: int) -> int:
        """Bytes written so far, these included."""
        with self._lock:
            self._written += size
            return self._written


def exceeded(limit: int | None, written: int) -> bool:
    return limit is not None and written > limit
