"""What the receipt `sealed` says, and the rows that are committed with it."""

from gateway.footing.ledger import disclosures, subjects
from gateway.footing.ledger.disclosures import DisclosureFile
from gateway.minimise.disclosures import parse_meaning
from gateway.minimise.engine import Outcome
from gateway.minimise.keying import generation_of
from gateway.receipts import generations
from gateway.receipts.receipt import Receipt
from gateway.seal.recipients import sealed_to
from gateway.seal.sealing import Draft, SealedParcel
from gateway.story import sequence
from gateway.story.gate import REGISTER, Gate
from gateway.story.minimising import InForce, still_in_force
from gateway.vocabulary import moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId


def upcoming_sequence(gate: Gate, transfer: TransferId) -> int:
    """The number this transfer will have: taken only with the receipt."""
    with gate.gateway.ledger.reading() as tx:
        return sequence.upcoming(gate, tx, transfer)


def record_sealed(gate: Gate, draft: Draft, parcel: SealedParcel, outcome: Outcome, in_force: InForce) -> bool:
    """Receipt, sequence number and disclosures in one commit: all of it happened or none.

    False, and nothing was written, if the register was changed since it was read: whoever did found no parcel to revoke.

    Raises:
        StorageError: somebody else took the sequence number meanwhile; nothing was written.
    """
    gateway = gate.gateway
    facts = outcome.facts() | _parcel_facts(gate, draft, parcel) | _rule_facts(gate, in_force)
    if outcome.disclosures:
        facts |= Facts(disclosures=str(outcome.disclosures))
    receipt = Receipt.of_stage(Stage.SEALED, transfer=draft.transfer, route=gate.name, at=gateway.clock(), facts=facts)
    with gateway.ledger.writing() as tx:
        if not still_in_force(tx, in_force):
            return False
        gateway.keep_checks(tx, gate.route.partner.partner)
        sequence.take(gate, tx, draft.transfer, draft.sequence)
        subjects.add_nameless(tx, outcome.nameless)
        if outcome.disclosures:
            # on another machine the register's key may have been rotated while this one judged
            generations.check(tx, REGISTER, generation_of(parse_meaning(outcome.disclosures_meta)))
            file = _disclosure_file(draft.transfer, outcome.disclosures, outcome.disclosures_meta)
            disclosures.replace_file(tx, file)
        gateway.log.append_in(tx, receipt)
    return True


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
        recipient_key=sealed_to(gate.route.partner)[0],
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


def _disclosure_file(transfer: TransferId, digest: Digest, meta: str) -> DisclosureFile:
    return DisclosureFile(transfer=transfer, name=f"{transfer}.parquet", sha256=str(digest), meta=meta)
