"""One decision about one child, as somebody at a desk takes it down.

What closes is recorded for whoever brings it. What opens wants a person who may record consent,
proven by their own key and named in the receipt by its fingerprint.

Who is named without a UPN may have one all the same: from now on extracts are asked whose name that is.
"""

from collections.abc import Mapping

from gateway.footing.ledger import decisions, subjects
from gateway.minimise.consent import OPENING
from gateway.minimise.register_import import decisions_in
from gateway.minimise.register_subject import is_by_name, subject_of
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate, Gateway
from gateway.story.register.agreeing import RECORD, Recorded, Signing, proven
from gateway.story.removals_due import prepare_due
from gateway.story.revoking import revoke_overtaken
from gateway.story.standing_still import standing_still
from gateway.vocabulary.errors import NeedsPerson, RegisterInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.moment import london_day

SPELLED = "days as 2026-11-24; who as parent or young-person; tiers or fields with a consent, and with nothing else"


def record_decision(
    gateway: Gateway,
    gates: Mapping[str, Gate],
    child: Mapping[str, str],
    said: Mapping[str, str],
    *,
    purposes: frozenset[str],
    sign: Signing | None,
    uid: int,
) -> Recorded:
    """`child` has standard names of fields, `said` the other columns of an import.

    What is on record already is recorded again: it was said again.

    Raises:
        RegisterInvalid: names the column, never its value.
        NeedsPerson: it opens, and nobody has shown a key.
        SignerRejected: the key is not of somebody who may record what opens.
    """
    recorded = gateway.clock()
    if said["purpose"] not in purposes:
        raise RegisterInvalid("no route has this purpose", remedy="name one of these: " + ", ".join(sorted(purposes)))
    key = gateway.register_key
    subject = subject_of(child, key=key)
    try:
        rows = tuple(decisions_in(said, subject=subject, recorded=recorded, today=london_day(recorded)))
    except RegisterInvalid as error:
        raise RegisterInvalid(error.message, remedy=error.remedy or SPELLED) from error
    facts = Facts(purpose=said["purpose"], decisions={said["decision"]: 1}, uid=uid)
    if said["decision"] in OPENING:
        if sign is None:
            raise NeedsPerson(
                "what opens is recorded by somebody who may, with their own key",
                remedy="give --key; who may stands in keys/signers/register",
            )
        facts |= Facts(signer=proven(gateway, RECORD, sign).fingerprint)
    with gateway.ledger.writing() as tx:
        gateway.check_register_key(tx, key)
        decisions.append(tx, rows)
        if is_by_name(child):
            subjects.add_nameless(tx, [subject])
        gateway.log.append_in(tx, Receipt(kind="consent-recorded", at=gateway.clock(), facts=facts))
    revoked = revoke_overtaken(gateway, gates, gateway.clock())
    removals = prepare_due(gates.values(), uid=uid)
    kept_back = standing_still(gateway, gates)
    return Recorded(count=len(rows), revoked=revoked, removals=len(removals), kept_back=kept_back)
