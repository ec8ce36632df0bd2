"""A parcel of invented children, as prepare has it: sealed, receipted, and its answer held against that receipt.

On a route of its own, `rehearsal-…`, so that it uses up no number of a real one, and told
apart by it wherever it is seen: by its name, its agreement and its instruction to delete it.
It stands in the log as `rehearsal`, or `partner-kit` where it went with a kit, and once answered as
`rehearsal-answered`; it is no transfer.

An answer is held against the log, and against nothing that lies beside it:

    1  it is signed with the partner's key
    2  it is about the parcel whose name it has, which a receipt of ours names as this partner's rehearsal
    3  it speaks of the manifest and the rows in that receipt, and says that they were taken, or not
    4  its cosigned checkpoint is of our log, and our log is what it says it was
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from gateway.contract.partner import Partner
from gateway.deliver.destination import Answer
from gateway.receipts.receipt import Receipt
from gateway.seal.acknowledgement import Acknowledgement, Awaited
from gateway.seal.sealing import Draft, SealedParcel, Settled, Witness
from gateway.story.addressing import addressees, seal_for
from gateway.story.answer_keys import verify_answer
from gateway.story.answering import facts_of, keep_cosignature
from gateway.story.gate import Gateway
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import AcknowledgementInvalid, FormatInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId

REHEARSAL, KIT, ANSWERED = "rehearsal", "partner-kit", "rehearsal-answered"
ROUTE: Final = re.compile(r"rehearsal-\d{14}")
LASTS, RELEASED_WITHIN = timedelta(days=7), timedelta(hours=1)
SALT: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    data: bytes
    rows: int


def draft_for(gateway: Gateway, partner: Partner) -> Draft:
    created = gateway.clock().replace(microsecond=0)
    ends = created + LASTS
    return Draft(
        transfer=TransferId.new(created, gateway.random),
        route=f"rehearsal-{created:%Y%m%d%H%M%S}",
        scope="full",
        sequence=1,
        sender=gateway.sender,
        recipients=addressees(gateway, partner)[:1],
        created=created,
        release_by=created + RELEASED_WITHIN,
        expires=ends,
        salt=gateway.random(SALT),
        file_name="rehearsal.csv",
        agreement="REHEARSAL",
        basis=("a rehearsal: every child in it is invented",),
        retention=f"Delete it after the rehearsal. [keep until {ends:%Y-%m-%d}]",
        domain=gateway.domain,
        witness=Witness(note=gateway.log.latest().note, since=0, proof=()),
        format=partner.format,
        version=partner.parcel_version,
    )


def seal_rehearsal(
    gateway: Gateway, draft: Draft, folder: Path, invented: Invented, partner: Partner
) -> SealedParcel:  # fmt: skip
    """Sealed into `folder`, which is private and empty, and receipted."""
    settled = Settled(rows=invented.rows)
    sealed = seal_for(gateway, draft, folder, [invented.data], lambda: settled)
    record_sealed(gateway, REHEARSAL, partner.partner, sealed)
    return sealed


def record_sealed(gateway: Gateway, kind: str, partner: str, sealed: SealedParcel) -> None:
    """Our signing key was used: nothing of it is shown without a receipt. It has all that an answer is held against."""
    facts = Facts(
        partner=partner,
        transfer=sealed.parcel.transfer,
        envelope=str(sealed.envelope),
        manifest=str(sealed.manifest),
        rows=sealed.rows,
        sender_key=gateway.signing.fingerprint,
    )
    gateway.log.append(Receipt(kind=kind, at=gateway.clock(), facts=facts))


def take_answer(gateway: Gateway, partner: Partner, found: Answer) -> Acknowledgement:
    """Verified and receipted; once, however often it is shown.

    Raises:
        AcknowledgementInvalid: it is not the partner's, or is about no rehearsal of this partner's.
        LogBroken: the partner has cosigned another log than ours.
    """
    answer, key = verify_answer(gateway, partner, found.body, found.signature)  # 1
    answer.check(_awaited(gateway, partner.partner, found.transfer, answer.envelope))  # 2, 3
    if answer.disposition == "disposed":
        raise AcknowledgementInvalid(
            "an answer says that the rehearsal is destroyed, and not whether it was taken",
            remedy="ask the partner for its first answer",
        )
    if answer.checkpoint is not None:
        _keep_cosignature(gateway, partner, answer.checkpoint)  # 4
    facts = facts_of(partner.partner, answer, found.body, key)
    facts |= Facts(transfer=answer.transfer, envelope=str(answer.envelope))
    if facts not in [entry.receipt.facts for entry in gateway.log.entries(kinds=(ANSWERED,))]:
        gateway.log.append(Receipt(kind=ANSWERED, at=gateway.clock(), facts=facts))
    return answer


def _awaited(gateway: Gateway, partner: str, transfer: TransferId, envelope: Digest) -> Awaited:
    """What the receipt says that was sealed; the answer says only which receipt that is."""
    named = Facts(partner=partner, transfer=transfer, envelope=str(envelope))
    for entry in gateway.log.entries(kinds=(REHEARSAL, KIT)):
        facts = entry.receipt.facts
        rows = facts.get("rows")
        if named.items() <= facts.items() and isinstance(rows, int):
            return Awaited(
                transfer=transfer,
                recipient=partner,
                envelope=envelope,
                manifest=Digest.parse(str(facts["manifest"])),
                rows=rows,
            )
    raise AcknowledgementInvalid(
        f"an answer is about no rehearsal and no kit of {partner}'s that the log knows",
        remedy="ask the partner which parcel it has answered, and rehearse anew",
    )


def _keep_cosignature(gateway: Gateway, partner: Partner, note: str) -> None:
    try:
        keep_cosignature(gateway, partner, note)
    except FormatInvalid as error:
        raise AcknowledgementInvalid(
            f"an answer brings a checkpoint that is none: {error.message}", remedy="ask the partner for its answer anew"
        ) from error
