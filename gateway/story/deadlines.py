"""What ends, ages or is due by the calendar, beside the rungs of `concerns`: warned before, alarmed after. Pure."""

from datetime import datetime, timedelta
from typing import Final

from gateway.story.concerns import DAY, Concern, level_at
from gateway.story.key_steps import key_steps
from gateway.vocabulary.alert import Level

AHEAD: Final = timedelta(days=30)
"""Of keys whose partners have to be told."""
REFUSED_WARNED: Final = 2 * DAY
RETENTION_WARNED, RETENTION_ALARMED = 2 * DAY, 31 * DAY
"""A purge every night leaves nothing for so long."""


def of_own_key(role: str, due: datetime, at: datetime, *, following: bool) -> Concern | None:
    """A key of the gateway's own comes of age."""
    level = level_at(at, due - AHEAD, due)
    if level is None:
        return None
    return Concern(
        level=level,
        kind="own-key",
        sentence=f"the gateway's key {role} comes, or has come, to its age",
        to_do=key_steps(role, following=following),
        since=due,
        about=role,
    )


def of_refused(route: str, oldest: datetime | None, longest: timedelta, at: datetime) -> Concern | None:
    """`oldest`: since when the oldest file lies under refused/. Past `longest` it should have been unlinked."""
    if oldest is None:
        return None
    level = level_at(at, oldest + min(REFUSED_WARNED, longest), oldest + longest + DAY)
    if level is None:
        return None
    return Concern(
        level=level,
        kind="refused",
        sentence=f"a refused extract lies in outbox/{route}/refused, and nobody has dropped a better one"
        if level is Level.WARNING
        else f"an extract in outbox/{route}/refused has outlived its time, and was not unlinked",
        to_do="read the note beside it, put its cause right and drop it anew; take the refused one away"
        if level is Level.WARNING
        else "gateway purge; the journal of handoff-prepare says why it was not",
        since=oldest,
        route=route,
    )


def of_stray(route: str | None, oldest: datetime | None, longest: timedelta, at: datetime) -> Concern | None:
    """`oldest`: since when the oldest file lies where nothing picks it up; `route`: in whose folder, if in one's."""
    level = None if oldest is None else level_at(at, oldest + min(DAY, longest), oldest + longest + DAY)
    if level is None or oldest is None:
        return None
    return Concern(
        level=level,
        kind="stray",
        sentence=f"a file in outbox/{route} is none that is read there, and nothing picks it up"
        if route
        else "a file in the outbox lies in no folder of a route in service, and nothing picks it up",
        to_do="put it into its route's folder, as CSV UTF-8 or XML, or take it away",
        since=oldest,
        route=route,
    )


def of_retention(since: datetime | None, at: datetime) -> Concern | None:
    """`since`: when the first evidence came to its time that nobody has purged yet."""
    if since is None:
        return None
    level = level_at(at, since + RETENTION_WARNED, since + RETENTION_ALARMED)
    if level is None:
        return None
    return Concern(
        level=level,
        kind="retention",
        sentence="evidence has been kept as long as it may be",
        to_do="gateway purge --dry-run, then: gateway purge",
        since=since,
    )
