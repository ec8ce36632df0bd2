"""Whether all is as it should be, so that a heartbeat may say so. Pure.

A heartbeat is for whoever listens elsewhere: when it stops, something is wrong that this machine may be
unable to tell. What only waits for a person, and was told to one, does not stop it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from gateway.story.alerting import ALERTS
from gateway.story.concerns import UNDELIVERED, Concern
from gateway.vocabulary.alert import Level
from gateway.vocabulary.transfer import Stage

VERIFIED_FOR: Final = timedelta(days=1)
"""So long a verification of the whole log counts."""
ON_ITS_WAY: Final = frozenset({str(Stage.ARRIVED), str(Stage.APPROVED), UNDELIVERED})
STOPPING: Final = frozenset({"log", "clock", ALERTS})


def unsound(concerns: Iterable[Concern], verified: datetime | None, at: datetime) -> tuple[str, ...]:
    """Why there may be no heartbeat now, as slugs; empty if there may."""
    alarms = {one.kind for one in concerns if one.level is Level.ALARM}
    reasons = set(alarms & STOPPING)
    if alarms & ON_ITS_WAY:
        reasons.add("stuck")
    if verified is None or at - verified > VERIFIED_FOR:
        reasons.add("not-verified")
    return tuple(sorted(reasons))
