"""Which concerns somebody has to be told of outside the building, and when again. Pure.

    appeared   an alarm at once; a warning once it has stood for `patience`
    worse      what was told as a warning has become an alarm
    still      it was told `repeat` ago, and is still there
    cleared    what was told is over

What an alert says comes from closed lists: its command is made here, from the kind, and never from a
concern's sentence. That alerts cannot be sent is no matter for an alert; `status` and `todo` show it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.footing.ledger.alerts import AlertRow, ConcernRow, Key
from gateway.story.concerns import Concern
from gateway.vocabulary.alert import Alert, Level, News
from gateway.vocabulary.transfer import Stage, TransferId

ALERTS: Final = "alerts"
UNSENT_WARNED, UNSENT_ALARMED = timedelta(minutes=15), timedelta(hours=1)
COMMANDS: Final[Mapping[str, str]] = {
    Stage.FAILED: "gateway retry {transfer}",
    Stage.IN_DOUBT: "gateway resolve {transfer} delivered|absent --reason WORD",
    "unreached": "gateway resolve {transfer} delivered --reason WORD",
    "staged": "gateway uploaded {transfer} --reference REFERENCE",
    "log": "gateway receipts verify",
    "log-broken": "gateway receipts verify",
    "retention": "gateway purge --dry-run",
    "out-of-service": "gateway doctor",
    "suspended": "gateway doctor",
    "people": "gateway doctor",
    "key": "gateway doctor",
    "own-key": "gateway keys show",
}  # fmt: skip
OF_A_TRANSFER, OTHERWISE = "gateway receipts show {transfer}", "gateway todo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """From `[alerts]` in gateway.toml. `least`: what is below it is told to nobody."""

    least: Level = Level.WARNING
    patience: timedelta = timedelta(hours=4)
    repeat: timedelta = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class Decision:
    """What is to be written in one commit: concerns as they are now, those that are over, and the alerts."""

    kept: list[ConcernRow] = field(default_factory=list)
    over: list[Key] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.kept or self.over or self.alerts)


def decide(
    known: Mapping[Key, ConcernRow],
    concerns: Iterable[Concern],
    rules: Rules,
    at: datetime,
    *,
    new_id: Callable[[], TransferId],
) -> Decision:
    decided, now = Decision(), _worst(concerns, rules.least)
    for key, concern in now.items():
        before = known.get(key)
        row = _seen(key, concern, before, at)
        if news := _news(row, rules, at):
            decided.alerts.append(_alert(row, news, new_id()))
            row = _told(row, at)
        if row != before:
            decided.kept.append(row)
    for key in known.keys() - now.keys():
        decided.over.append(key)
        if known[key].told is not None:
            decided.alerts.append(_alert(known[key], News.CLEARED, new_id()))
    return decided


def of_unsent(rows: Iterable[AlertRow], at: datetime, *, failed: str) -> Concern | None:
    """What has not reached everybody: deliver says so, or says nothing for too long."""
    waiting = [row for row in rows if row.state == failed or at - row.decided >= UNSENT_WARNED]
    if not waiting:
        return None
    oldest = min(row.decided for row in waiting)
    alarmed = any(row.state == failed for row in waiting) or at - oldest >= UNSENT_ALARMED
    return Concern(
        level=Level.ALARM if alarmed else Level.WARNING,
        kind=ALERTS,
        sentence=f"{len(waiting)} alerts have not reached everybody who is to be told",
        to_do="gateway alerts, as deliver's user, says who does not take them; see [alerts] in config/gateway.toml",
        since=oldest,
    )


def _worst(concerns: Iterable[Concern], least: Level) -> dict[Key, Concern]:
    """One for each key, an alarm before a warning."""
    found: dict[Key, Concern] = {}
    for one in concerns:
        key = (one.kind, one.route or "", one.transfer or "", one.about)
        is_told = one.kind != ALERTS and (one.level is Level.ALARM or least is Level.WARNING)
        if is_told and (key not in found or one.level is Level.ALARM):
            found[key] = one
    return found


def _seen(key: Key, concern: Concern, before: ConcernRow | None, at: datetime) -> ConcernRow:
    """`since` is as it was said first: of some concerns only that they are there now is known."""
    kind, route, transfer, about = key
    return ConcernRow(
        kind=kind, route=route, transfer=transfer, about=about, level=str(concern.level),
        since=before.since if before else concern.since.replace(microsecond=0),
        seen=before.seen if before else at.replace(microsecond=0),
        told=before.told if before else None, told_level=before.told_level if before else None,
    )  # fmt: skip


def _news(row: ConcernRow, rules: Rules, at: datetime) -> News | None:
    if row.told is None:
        is_due = row.level == Level.ALARM or at - row.seen >= rules.patience
        return News.APPEARED if is_due else None
    if row.level == Level.ALARM and row.told_level == Level.WARNING:
        return News.WORSE
    return News.STILL if at - row.told >= rules.repeat else None


def _told(row: ConcernRow, at: datetime) -> ConcernRow:
    return replace(row, told=at.replace(microsecond=0), told_level=row.level)


def _alert(row: ConcernRow, news: News, alert: TransferId) -> Alert:
    transfer = TransferId(row.transfer) if row.transfer else None
    command = COMMANDS.get(row.kind, OF_A_TRANSFER if transfer else OTHERWISE)
    return Alert(
        id=alert, news=news, level=Level(row.level), kind=row.kind, since=row.since,
        command=command.format(transfer=transfer), route=row.route or None, transfer=transfer,
    )  # fmt: skip
