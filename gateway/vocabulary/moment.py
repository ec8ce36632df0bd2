"""Moments are UTC in every file; ages and days are London's."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.vocabulary.errors import FormatInvalid

LONDON = ZoneInfo("Europe/London")
_SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def spell(at: datetime) -> str:
    """`2026-11-24T09:30:00Z`: UTC, whole seconds, so that one moment has one spelling."""
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def parse(text: str) -> datetime:
    if not _SHAPE.fullmatch(text):
        raise FormatInvalid("a time is not spelled like 2026-11-24T09:30:00Z")
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError as error:
        raise FormatInvalid("a time names no real moment") from error


def london_day(at: datetime) -> date:
    return at.astimezone(LONDON).date()


def next_london_midnight(at: datetime) -> datetime:
    """The first London midnight after `at`: a parcel judged today may not leave tomorrow."""
    return datetime.combine(london_day(at) + timedelta(days=1), time(0), LONDON).astimezone(UTC)
