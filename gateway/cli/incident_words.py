"""One transfer as an incident: its facts, and what a report under UK GDPR Article 33 has to say beside them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from gateway.cli.disclosure_words import spelled
from gateway.story.disclosed import Reach
from gateway.story.incident import Incident
from gateway.story.notes import when
from gateway.vocabulary import moment

REACHED: Final = {
    Reach.LEFT: "it reached the partner",
    Reach.PERHAPS: "nobody can tell whether it reached the partner",
    Reach.NOT: "it did not reach the partner",
}
SEALED: Final = (
    "sealed to the partner's own key: on the way, and on the partner's server, it cannot be read without that key"
)
REPORT: Final = (
    "Within 72 hours of becoming aware, tell the Information Commissioner, unless a risk to people is unlikely;",
    "later only with the reasons for the delay. What is not known yet may follow (Article 33(4)). The report says:",
    "  1. what happened, and when you became aware of it: yours to say",
    "  2. whom it is about and how many, which records and how many: children, and the counts above",
    "  3. the data protection officer's name and telephone number: yours to say",
    "  4. what may come of it for the children; their addresses and special categories weigh most: yours to say",
    "  5. what was done about it: 'gateway recall' prepares the removal at the partner; whom to tell: --who",
    "Where the risk is high, the families are told too, without delay and in plain words (Article 34).",
    "Keep the facts, the effects and what was done on file, reported or not (Article 33(5)).",
)


def lines(found: Incident, partner_name: str) -> Iterator[str]:
    yield f"Transfer {found.transfer} on route {found.route} to {partner_name}"
    yield f"  purpose        {found.purpose}, by agreement {found.agreement}"
    yield f"  children       {found.children:,}, each in one record"
    for basis in found.bases:
        for field in basis.fields:
            if found.fields.get(field):
                yield f"    {spelled([field]):<24} {found.fields[field]:>12,}"
    yield f"  special        {spelled(found.special) or 'no special category, offence or care status'}"
    yield f"  sealed         {when(found.sealed)}, to {found.recipient_key}"
    yield f"  delivered      {_level(found)}"
    yield f"  acknowledged   {_when(found.acknowledged)}"
    yield f"  stands at      {found.stage}: {REACHED[found.reach]}"
    yield f"  protection     {SEALED}"
    yield ""
    yield from REPORT


def as_values(found: Incident, partner_name: str) -> dict[str, Any]:
    return {
        "transfer": found.transfer, "route": found.route, "partner": found.partner, "partner_name": partner_name,
        "purpose": found.purpose, "agreement": found.agreement, "stage": str(found.stage), "reach": str(found.reach),
        "level": found.level or None, "children": found.children, "fields": dict(found.fields),
        "special": list(found.special), "sealed": moment.spell(found.sealed), "recipient_key": found.recipient_key,
        "delivered": _spelled(found.delivered), "acknowledged": _spelled(found.acknowledged),
        "report_within_hours": 72,
    }  # fmt: skip


def _level(found: Incident) -> str:
    return (
        f"{when(found.delivered)}, verified by {found.level}" if found.delivered else "no: deliver never saw it there"
    )


def _when(at: datetime | None) -> str:
    return f"the partner signed for it, {when(at)}" if at else "the partner has signed nothing"


def _spelled(at: datetime | None) -> str | None:
    return moment.spell(at) if at else None
