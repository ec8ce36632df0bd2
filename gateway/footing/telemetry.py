"""Log lines: one JSON object a line, an event from a closed list, and Facts. Nothing else fits in.

There is no way to log a string: a message could carry a name. An unforeseen exception is
logged as its type and the place it was raised, never with its text or its locals.
"""

import traceback
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import TextIO

import structlog

from gateway.vocabulary import moment
from gateway.vocabulary.facts import Facts


class LogEvent(StrEnum):
    STARTED = "started"
    STOPPED = "stopped"
    STAGE_REACHED = "stage-reached"
    STATEMENT_WRITTEN = "statement-written"
    EXTRACT_LEFT = "extract-left"
    ROUTE_FAILED = "route-failed"
    ROUTE_SUSPENDED = "route-suspended"
    REPORT_REJECTED = "report-rejected"
    ANSWER_REJECTED = "answer-rejected"
    DELIVERY_FAILED = "delivery-failed"
    WATCHER_MENDED = "watcher-mended"
    DEFECT = "defect"


class Telemetry:
    """Writes log lines to a stream; the clock is given."""

    def __init__(self, stream: TextIO, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._log = structlog.wrap_logger(
            structlog.PrintLogger(stream), processors=[structlog.processors.JSONRenderer(sort_keys=True)]
        )

    def event(self, event: LogEvent, facts: Facts | None = None) -> None:
        self._log.msg(str(event), at=moment.spell(self._clock()), **(facts or Facts()).plain())

    def defect(self, error: BaseException, facts: Facts | None = None) -> None:
        """An exception nobody foresaw: type and place, never its message."""
        self.event(LogEvent.DEFECT, (facts or Facts()) | Facts(error=_slug(error), where=_place(error)))


def _slug(error: BaseException) -> str:
    return "".join("-" + c.lower() if c.isupper() else c for c in type(error).__name__ if c.isalnum()).lstrip("-")


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "unknown"
    last = frames[-1]
    return f"{PurePath(last.filename).stem}:{last.lineno}"
