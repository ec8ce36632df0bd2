"""Alerts from prepare's side: decided and committed, posted to deliver, marked by what deliver signed.

    concerns ─▶ decided, in one commit with what they were told by ─▶ to-deliver/ ─▶ … ─▶ reports ─▶ sent | failed

Crash points. (A1) committed, not posted: posted at the next round. (A2) posted, not marked: it is
there already, and is marked. (A3) reported, its message taken away, not marked: the report is still
there. So an alert is posted once, however often this is done again; that deliver may send it twice
after a crash of its own is said there.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from gateway.footing import alert_box
from gateway.footing.alert_box import AlertReport
from gateway.footing.ledger import alerts
from gateway.footing.ledger.alerts import AlertRow
from gateway.footing.telemetry import LogEvent
from gateway.story.alerting import Decision, Rules, decide, of_unsent
from gateway.story.concerns import Concern
from gateway.story.gate import Gateway
from gateway.vocabulary.errors import EvidenceError, InputError, slug_of
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId

KEPT = timedelta(days=90)
"""How long it is known that an alert was sent."""


def tell(gateway: Gateway, concerns: Iterable[Concern], rules: Rules, at: datetime) -> int:
    """Decide what is news and hand it to deliver; how many alerts were posted."""
    with gateway.ledger.reading() as tx:
        known = alerts.concerns(tx)
    decision = decide(known, concerns, rules, at, new_id=lambda: TransferId.new(at, gateway.random))
    if decision:
        _commit(gateway, decision, at)
    return _post(gateway)  # (A1)


def take_reports(gateway: Gateway) -> int:
    """What deliver says became of them; how many reports there were. One that it did not sign is not believed."""
    found = alert_box.reports(gateway.workspace.from_deliver)
    for path in found:
        try:
            said = alert_box.read_report(path, key=gateway.observer, domain=gateway.domain)
            _mark(gateway, said)
        except (InputError, EvidenceError) as error:
            gateway.telemetry.event(LogEvent.REPORT_REJECTED, Facts(code=slug_of(error)))
        alert_box.discard_report(path)
    return len(found)


def drop_unsent(gateway: Gateway) -> None:
    """Nobody wants alerts any more: what was not sent is not waited for."""
    with gateway.ledger.reading() as tx:
        unsent = [row.id for row in alerts.in_state(tx, *alerts.UNSENT)]
    for alert in unsent:
        alert_box.withdraw(gateway.workspace.to_deliver, alert)
    if unsent:
        with gateway.ledger.writing() as tx:
            alerts.move(tx, unsent, alerts.SENT)


def unsent(gateway: Gateway, at: datetime) -> Concern | None:
    """What has not reached everybody for too long."""
    with gateway.ledger.reading() as tx:
        return of_unsent(alerts.in_state(tx, *alerts.UNSENT), at, failed=alerts.FAILED)


def _commit(gateway: Gateway, decision: Decision, at: datetime) -> None:
    with gateway.ledger.writing() as tx:
        for key in decision.over:
            alerts.forget_concern(tx, key)
        for row in decision.kept:
            alerts.keep_concern(tx, row)
        alerts.add(
            tx,
            [
                AlertRow(id=alert.id, body=alert_box.encode(alert), state=alerts.DECIDED, decided=at)
                for alert in decision.alerts
            ],
        )
        alerts.forget(tx, at - KEPT)


def _post(gateway: Gateway) -> int:
    """What the mailbox has lost is posted again: only who has read deliver's report takes a message away."""
    with gateway.ledger.reading() as tx:
        rows = alerts.in_state(tx, *alerts.UNSENT)
    posted = [alert_box.post(gateway.workspace.to_deliver, alert_box.parse(row.body)) for row in rows]
    if decided := [row.id for row in rows if row.state == alerts.DECIDED]:
        with gateway.ledger.writing() as tx:  # (A2)
            alerts.move(tx, decided, alerts.POSTED)
    return sum(posted)


def _mark(gateway: Gateway, said: AlertReport) -> None:
    if said.outcome == "alert-sent":
        alert_box.withdraw(gateway.workspace.to_deliver, said.alert)
    with gateway.ledger.writing() as tx:  # (A3)
        alerts.move(tx, [said.alert], alerts.SENT if said.outcome == "alert-sent" else alerts.FAILED)
