"""What prepare looks after between its rounds: metrics, alerts, and a heartbeat while all is as it should be.

None of it may keep a handoff waiting or fail one: it comes after a round, or instead of one that failed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.config.load import with_routes_of_now
from gateway.footing import alert_box, durable
from gateway.footing.telemetry import LogEvent
from gateway.footing.textfile import READABLE
from gateway.receipts.verification import verify_log
from gateway.service.attention import concerns_of
from gateway.service.metrics import write_metrics
from gateway.service.wiring import Prepare
from gateway.story.alert_outbox import drop_unsent, take_reports, tell
from gateway.story.alerting import Rules
from gateway.story.concerns import Concern
from gateway.story.heartbeat import VERIFIED_FOR, unsound
from gateway.vocabulary import moment
from gateway.vocabulary.alert import Level
from gateway.vocabulary.errors import GatewayError, LogBroken, slug_of
from gateway.vocabulary.facts import Facts

OFTEN: Final = timedelta(minutes=1)
"""Between two heartbeats, and at most between two looks while rounds follow each other without a pause."""

AGAIN: Final = timedelta(hours=1)


@dataclass(slots=True)
class Watch:
    """What this process has seen; losing it costs time and nothing else."""

    looked: datetime | None = None
    asked: datetime | None = None
    verified: datetime | None = None
    broken: Concern | None = None
    """What a verification of the whole log found, and when it was asked and was sound last."""
    beaten: datetime | None = None
    withheld: tuple[str, ...] = ()


def look_after(half: Prepare, watch: Watch, faults: Iterable[GatewayError] = ()) -> bool:
    """True if there was anything about an alert to do. `faults`: of routes that could not go on in this round."""
    gateway, at = half.gateway, half.gateway.clock()
    configuration = with_routes_of_now(half.configuration)
    watch.looked = at
    taken = take_reports(gateway)
    concerns = [*_verified(half, watch, at), *concerns_of(gateway, configuration, at)]
    write_metrics(gateway, configuration.routes, at, concerns)
    posted = _tell(half, [*concerns, *(_of_fault(fault, at) for fault in faults)], at)
    _beat(half, watch, concerns, at)
    return taken + posted > 0


def keep_told(half: Prepare) -> int:
    """Alerts alone, for whoever works once and leaves; how many were posted, or reported."""
    if half.configuration.settings.alerts is None:
        return 0
    at = half.gateway.clock()
    taken = take_reports(half.gateway)
    return taken + _tell(half, concerns_of(half.gateway, with_routes_of_now(half.configuration), at), at)


def is_time(half: Prepare, watch: Watch) -> bool:
    """While one round follows the other: alerts do not wait for the last of them."""
    return watch.looked is None or half.gateway.clock() - watch.looked >= OFTEN


def tell_of_fault(half: Prepare, error: GatewayError) -> None:
    """A round that failed as a whole is an alarm, if the ledger still takes it; that it does not is no second fault."""
    at = half.gateway.clock()
    fault = _of_fault(error, at)
    try:
        configuration = with_routes_of_now(half.configuration)
        concerns = [one for one in concerns_of(half.gateway, configuration, at) if one.kind != fault.kind]
        _tell(half, [*concerns, fault], at)
    except GatewayError as second:
        half.gateway.telemetry.event(LogEvent.ALERT_FAILED, Facts(code=slug_of(second)))


def _tell(half: Prepare, concerns: Sequence[Concern], at: datetime) -> int:
    page = half.configuration.settings.alerts
    if page is None or not (page.email or page.webhook):
        drop_unsent(half.gateway)
        return 0
    rules = Rules(least=Level(page.level), patience=page.patience, repeat=page.repeat)
    return tell(half.gateway, concerns, rules, at)


def _beat(half: Prepare, watch: Watch, concerns: Sequence[Concern], at: datetime) -> None:
    if watch.beaten is not None and timedelta(0) <= at - watch.beaten < OFTEN:
        return
    withheld = unsound(concerns, watch.verified, at)
    if withheld != watch.withheld:
        watch.withheld = withheld
        event = LogEvent.HEARTBEAT_WITHHELD if withheld else LogEvent.HEARTBEAT_AGAIN
        half.gateway.telemetry.event(event, Facts(reasons=withheld))
    if not withheld:
        watch.beaten = at
        workspace = half.gateway.workspace
        durable.replace(workspace.heartbeat, f"{moment.spell(at)}\n".encode("ascii"), READABLE)
        alert_box.beat(workspace.to_deliver, at)


def _verified(half: Prepare, watch: Watch, at: datetime) -> list[Concern]:
    """The whole log, twice a day; one that is broken is looked at again after an hour, and never counts as verified."""
    again = AGAIN if watch.broken else VERIFIED_FOR / 2
    if watch.asked is None or not timedelta(0) <= at - watch.asked < again:
        watch.asked = at
        try:
            verify_log(half.gateway.ledger, half.gateway.log.public)
        except LogBroken as error:
            watch.verified, watch.broken = None, _of_fault(error, at)
        else:
            watch.verified, watch.broken = at, None
    return [watch.broken] if watch.broken else []


def _of_fault(error: GatewayError, at: datetime) -> Concern:
    return Concern(
        level=Level.ALARM, kind=slug_of(error), sentence=error.message, to_do=error.remedy or "gateway doctor", since=at
    )  # fmt: skip
