"""A partner's answer: verified against its key, our own receipt and our own log, before it counts.

    1  the acknowledgement is signed by the partner's key, in its namespace; or, by a partner that gave no
       such key, with the OpenPGP certificate that its parcels are sealed to
    2  it is about this transfer, this envelope, this manifest, and speaks for this partner
    3  it counts the rows that were released
    4  its cosigned checkpoint is of our log, and our log is what it says it was
    5  its rung may follow: nothing is disposed of that was not acknowledged before

Whatever fails is receipted as `answer-rejected` and changes nothing: the transfer stays
where it stands, and a proper answer still counts.
"""

from gateway.contract.partner import Partner
from gateway.crypto.checkpoint import witness_key
from gateway.crypto.ssh_keys import PublicKey
from gateway.footing import durable, mailbox
from gateway.footing.mailbox import Observation
from gateway.footing.telemetry import LogEvent
from gateway.receipts.receipt import Receipt
from gateway.seal.acknowledgement import Acknowledgement, Awaited
from gateway.story import duplicates
from gateway.story.answer_keys import verify_answer
from gateway.story.gate import Gate, Gateway
from gateway.story.outcomes import tell_outcome
from gateway.story.overtaken import take_back_overtaken, take_back_recalled
from gateway.story.withdrawing import is_removal
from gateway.vocabulary import moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import AcknowledgementInvalid, EvidenceError, FormatInvalid, slug_of
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import FOLLOWS, Stage

RUNGS = {
    "accepted": Stage.ACKNOWLEDGED,
    "rejected": Stage.REJECTED_BY_PARTNER,
    "disposed": Stage.DISPOSED,
}


def answered(gate: Gate, seen: Observation) -> None:
    """Climb to `acknowledged` or `rejected-by-partner`, or receipt why the answer does not count."""
    try:
        answer, key = _verified(gate, seen)
        if answer.checkpoint is not None:
            keep_cosignature(gate.gateway, gate.route.partner, answer.checkpoint)
    except (EvidenceError, FormatInvalid) as error:
        _reject(gate, seen, slug_of(error))
        return
    if not _in_turn(gate, seen, answer):  # 5
        _reject(gate, seen, "out-of-turn")
        return
    _record(gate, seen, answer, key)
    take_back_recalled(gate, seen.transfer)
    # the partner has it, even if nobody ever saw it delivered, or it was taken back in vain; a removal that it
    # rejects keeps its list, since a person has to tell them
    if not (answer.disposition == "rejected" and is_removal(gate.gateway, seen.transfer)):
        durable.discard_folder(gate.gateway.workspace.arrival(seen.transfer))
    duplicates.forget(gate, seen.transfer)
    mailbox.close_order(gate.gateway.workspace.to_deliver, seen.transfer, gate.gateway.check_turn)
    tell_outcome(gate, seen.transfer)
    take_back_overtaken(gate, seen.transfer, told_by=RUNGS[answer.disposition])


def _in_turn(gate: Gate, seen: Observation, answer: Acknowledgement) -> bool:
    """Also the same answer once more. Any other would end the wait for the one that is still to come."""
    stage, rung = gate.gateway.log.stage(seen.transfer), RUNGS[answer.disposition]
    return stage is rung or rung in FOLLOWS[stage]


def _verified(gate: Gate, seen: Observation) -> tuple[Acknowledgement, str]:
    """The answer, and the fingerprint of the key that signed it."""
    if seen.answer is None:
        raise AcknowledgementInvalid("an answer came without its files")
    answer, key = verify_answer(gate.gateway, gate.route.partner, *seen.answer)  # 1
    sealed = gate.gateway.log.last(seen.transfer, Stage.SEALED)
    if sealed is None:
        raise AcknowledgementInvalid("an answer is about a transfer that was never sealed")
    facts, released = sealed.receipt.facts, sealed.receipt.facts["released"]
    awaited = Awaited(
        transfer=seen.transfer,
        recipient=gate.route.partner.partner,
        envelope=Digest.parse(str(facts["envelope"])),
        manifest=Digest.parse(str(facts["manifest"])),
        rows=released if isinstance(released, int) else -1,
    )
    answer.check(awaited)  # 2, 3
    return answer, key


def keep_cosignature(gateway: Gateway, partner: Partner, note: str) -> None:
    """Kept first, compared then: one that contradicts our log is the proof, and stops all that would leave."""
    log = gateway.log
    if partner.acknowledgement_key is None:
        raise AcknowledgementInvalid("an answer brings a checkpoint, and its partner has no key that cosigns")
    witness = witness_key(partner.partner, PublicKey.parse(partner.acknowledgement_key).raw_ed25519())
    checkpoint, cosignatures = log.keys().open(note.encode(), [witness])  # 4
    if not cosignatures:
        raise AcknowledgementInvalid("an answer brings a checkpoint that its partner did not cosign")
    log.keep_cosignature(partner.partner, note, checkpoint, gateway.clock())
    log.check_witnesses()


def _record(gate: Gate, seen: Observation, answer: Acknowledgement, key: str) -> None:
    gateway = gate.gateway
    stage = RUNGS[answer.disposition]
    if stage not in FOLLOWS[gateway.log.stage(seen.transfer)]:
        return
    facts = facts_of(gate.route.partner.partner, answer, seen.answer[0] if seen.answer else b"", key)
    gateway.log.append(
        Receipt.of_stage(stage, transfer=seen.transfer, route=gate.name, at=gateway.clock(), facts=facts)
    )
    gateway.telemetry.event(LogEvent.STAGE_REACHED, Facts(transfer=seen.transfer, route=gate.name, stage=str(stage)))


def facts_of(partner: str, answer: Acknowledgement, body: bytes, key: str) -> Facts:
    """What a receipt says of an answer; `key` is the fingerprint of the one that signed it."""
    facts = Facts(
        partner=partner,
        acknowledgement=str(Digest.of(body)),
        disposition=answer.disposition,
        answered=moment.spell(answer.at),
        partner_key=key,
    )
    if answer.code:
        facts |= Facts(code=answer.code)
    if answer.rows is not None:
        facts |= Facts(rows=answer.rows)
    return facts


def _reject(gate: Gate, seen: Observation, code: str) -> None:
    gateway = gate.gateway
    facts = Facts(code=code, partner=gate.route.partner.partner)
    gateway.log.append(
        Receipt(kind="answer-rejected", transfer=seen.transfer, route=gate.name, at=gateway.clock(), facts=facts)
    )
    gateway.telemetry.event(LogEvent.ANSWER_REJECTED, facts | Facts(transfer=seen.transfer))
