"""What the receipt `sealed` says, and the rows that are committed with it."""

from gateway.crypto.age import recipient_fingerprint
from gateway.footing.ledger import disclosures, subjects, transfers
from gateway.footing.ledger.disclosures import DisclosureFile
from gateway.footing.ledger.store import Transaction
from gateway.minimise.engine import Outcome
from gateway.receipts.receipt import Receipt
from gateway.seal.sealing import Draft, SealedParcel
from gateway.story.gate import Gate
from gateway.story.minimising import InForce
from gateway.vocabulary import moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId


def upcoming_sequence(gate: Gate, transfer: TransferId) -> int:
    """The number this transfer has, or the next one of its route and partner: taken only with the receipt."""
    with gate.gateway.ledger.reading() as tx:
        return _number(gate, tx, transfer)


def record_sealed(gate: Gate, draft: Draft, parcel: SealedParcel, outcome: Outcome, in_force: InForce) -> None:
    """Receipt, sequence number and disclosures in one commit: all of it happened or none.

    Raises:
        StorageError: somebody else took the sequence number meanwhile; nothing was written.
    """
    gateway = gate.gateway
    facts = outcome.facts() | _parcel_facts(gate, draft, parcel) | _rule_facts(gate, in_force)
    if outcome.disclosures:
        facts |= Facts(disclosures=str(outcome.disclosures))
    receipt = Receipt.of_stage(Stage.SEALED, transfer=draft.transfer, route=gate.name, at=gateway.clock(), facts=facts)
    with gateway.ledger.writing() as tx:
        _take_number(gate, tx, draft)
        subjects.add_nameless(tx, outcome.nameless)
        if outcome.disclosures:
            file = _disclosure_file(draft.transfer, outcome.disclosures, outcome.disclosures_meta)
            disclosures.replace_file(tx, file)
        gateway.log.append_in(tx, receipt)


def _parcel_facts(gate: Gate, draft: Draft, parcel: SealedParcel) -> Facts:
    return Facts(
        partner=gate.route.partner.partner,
        scope=draft.scope,
        sequence=draft.sequence,
        manifest=str(parcel.manifest),
        envelope=str(parcel.envelope),
        ciphertext=str(parcel.ciphertext),
        size=parcel.size,
        created=moment.spell(draft.created),
        release_by=moment.spell(draft.release_by),
        expires=moment.spell(draft.expires),
        sender_key=gate.gateway.signing.fingerprint,
        recipient_key=recipient_fingerprint(gate.route.partner.recipient),
    )


def _rule_facts(gate: Gate, in_force: InForce) -> Facts:
    route = gate.route
    return Facts(
        purpose=route.policy.purpose,
        agreement=route.policy.agreement.reference,
        route_hash=str(route.digest()),
        policy_hash=str(route.policy.digest()),
        register=str(in_force.register),
        holds=str(in_force.holds),
    )


def _take_number(gate: Gate, tx: Transaction, draft: Draft) -> None:
    if _number(gate, tx, draft.transfer) != draft.sequence:
        raise StorageError("another parcel of this route was sealed at the same time", remedy="it is done again")
    row = transfers.get(tx, draft.transfer)
    if row is None or row.sequence is None:
        transfers.set_sequence(tx, draft.transfer, draft.sequence)


def _number(gate: Gate, tx: Transaction, transfer: TransferId) -> int:
    """One more than the last that a partner may have seen: a number whose transfer never left is given again."""
    row = transfers.get(tx, transfer)
    if row is not None and row.sequence is not None:
        return row.sequence
    for other, number in transfers.numbered(tx, gate.name, gate.route.partner.partner):
        if gate.gateway.log.stage(other) is not Stage.REFUSED:
            return number + 1
    return 1


def _disclosure_file(transfer: TransferId, digest: Digest, meta: str) -> DisclosureFile:
    return DisclosureFile(transfer=transfer, name=f"{transfer}.parquet", sha256=str(digest), meta=meta)
