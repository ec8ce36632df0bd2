"""Log lines: one JSON object a line, an event from a closed list, and Facts. Nothing else fits in.

There is no way to log a string: a message could carry a name. An unforeseen exception is
logged as its type and the place it was raised, never with its text or its locals.
"""

import json
import re
import traceback
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from threading import Lock
from typing import TextIO

from gateway.vocabulary import moment
from gateway.vocabulary.facts import Facts

_UNFIT = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 60


class LogEvent(StrEnum):
    STARTED = "started"
    STOPPED = "stopped"
    CONFIGURATION_REREAD = "configuration-reread"
    CONFIGURATION_KEPT = "configuration-kept"
    STAGE_REACHED = "stage-reached"
    STATEMENT_WRITTEN = "statement-written"
    EXTRACT_LEFT = "extract-left"
    ROUTE_FAILED = "route-failed"
    ROUTE_SUSPENDED = "route-suspended"
    REPORT_REJECTED = "report-rejected"
    ANSWER_REJECTED = "answer-rejected"
    DELIVERY_FAILED = "delivery-failed"
    ALERT_FAILED = "alert-failed"
    HEARTBEAT_WITHHELD = "heartbeat-withheld"
    HEARTBEAT_AGAIN = "heartbeat-again"
    ROUND_FAILED = "round-failed"
    WATCHER_MENDED = "watcher-mended"
    DESK_LEFT = "desk-left"
    DESK_CLOSED = "desk-closed"
    DEFECT = "defect"


class Telemetry:
    """Writes log lines to a stream; the clock is given."""

    def __init__(self, stream: TextIO, clock: Callable[[], datetime]) -> None:
        self._stream, self._clock = stream, clock
        self._lock = Lock()

    def event(self, event: LogEvent, facts: Facts | None = None) -> None:
        """`event` and `at` are the line's own words: facts of these names are not repeated."""
        words = (facts or Facts()).plain() | {"event": str(event), "at": moment.spell(self._clock())}
        with self._lock:  # both halves may speak at once
            self._stream.write(json.dumps(words, sort_keys=True) + "\n")
            self._stream.flush()

    def defect(self, error: BaseException, facts: Facts | None = None) -> None:
        """An exception nobody foresaw: type and place, never its message."""
        self.event(LogEvent.DEFECT, (facts or Facts()) | Facts(error=_slug(error), where=_place(error)))


def _slug(error: BaseException) -> str:
    """A class can have any name; one that is no slug must not silence the report."""
    name = type(error).__name__
    slug = "".join("-" + c.lower() if c.isupper() else c for c in name if c.isascii() and c.isalnum()).lstrip(
        "-0123456789"
    )
    return slug[:_LONGEST].rstrip("-") or "unknown"


def _place(error: BaseException) -> str:
    """Modules are called `_local` or `<frozen os>` too: what does not fit is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "unknown"
    last = frames[-1]
    stem = _UNFIT.sub("", PurePath(last.filename).stem)[:_LONGEST].lstrip("_.-") or "unknown"
    return f"{stem}:{last.lineno}"
