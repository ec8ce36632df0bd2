"""Everything that was shared about one child: with whom, when, on which basis, which fields, acknowledged or not.

The look-up is receipted before it is answered. Values are not kept, so none can be shown:
which fields left is known, what stood in them is not. Why a child was withheld as a whole is
told to the holds' reviewer alone, since it may be a hold (DESIGN §3.7).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.footing.ledger.store import Transaction
from gateway.footing.ledger.subjects import same_child
from gateway.minimise.disclosed import Disclosed, disclosed
from gateway.minimise.disclosures import Basis
from gateway.minimise.identifiers import pseudonyms
from gateway.minimise.verdicts import HOLD, WITHHELD
from gateway.receipts.proof import Proof, prove
from gateway.receipts.receipt import Receipt
from gateway.story.disclosure_files import proved_files
from gateway.story.gate import Gateway
from gateway.story.register.agreeing import LIST, Signing, proven
from gateway.vocabulary.errors import LogBroken, RegisterInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

NOT_RELEASED, FIELD_NOT_RELEASED = "not-released", "field-not-released"
OF_SUBJECTS = frozenset({"upn", "former_upn", "name_dob"})
"""Names, since some children have no UPN: two of one name and birthday are then told apart by nobody."""


class Reach(StrEnum):
    LEFT = "left"
    PERHAPS = "may-have-left"
    NOT = "not-left"


_LEFT = frozenset({Stage.DELIVERED, Stage.ACKNOWLEDGED, Stage.OVERDUE, Stage.DISPOSED, Stage.REJECTED_BY_PARTNER})
_SEEN_THERE = frozenset({Stage.DELIVERED, Stage.REJECTED_BY_PARTNER})
"""Whatever a person says later: deliver saw it there whole, or the partner's signature is about it."""
_RESOLVED = {"delivered": Reach.LEFT, "absent": Reach.NOT, "abandoned": Reach.PERHAPS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One transfer in whose scope the child was. `released` and `withheld` hold standard names of fields."""

    transfer: TransferId
    route: str
    partner: str
    purpose: str
    agreement: str
    policy: str
    policy_hash: str
    stage: Stage
    reach: Reach
    released: tuple[str, ...]
    withheld: Mapping[str, str]
    bases: tuple[Basis, ...]
    proofs: tuple[Proof, ...]
    """Of each receipt of the transfer, oldest first: its place in the log, and the way to a signed checkpoint."""

    @property
    def sealed(self) -> datetime:
        return self.when(Stage.SEALED) or self.proofs[-1].entry.receipt.at

    def when(self, stage: Stage) -> datetime | None:
        """The last time that it climbed this rung."""
        times = [proof.entry.receipt.at for proof in self.proofs if proof.entry.receipt.kind == stage]
        return times[-1] if times else None


def look_up(
    gateway: Gateway, child: Mapping[str, str], *, uid: int, reviewer: Signing | None = None, anew: bool = False
) -> list[Shared]:
    """Oldest first. `reviewer`: the hold reviewer's key, for the reasons why a child was withheld as a whole.

    `anew`: every file is hashed again (`disclosure_files`).

    Raises:
        SignerRejected: the key is not a hold reviewer's.
        RegisterInvalid: nothing that was given identifies a child, or it is not a UPN.
        StorageError: the disclosures of a transfer cannot be read.
        LogBroken: they are not those that were receipted, or the log does not prove a receipt.
    """
    subjects = subjects_of(gateway, child)
    record_look(gateway, "disclosures-shown", uid=uid, matches=len(subjects), reviewer=reviewer)
    rows = disclosed(proved_files(gateway, anew=anew), subjects)
    by_transfer: dict[TransferId, list[Disclosed]] = {}
    for row in rows:
        by_transfer.setdefault(TransferId(row.transfer), []).append(row)
    with gateway.ledger.reading() as tx:
        return [
            _one(gateway, tx, transfer, rows, reviewer=reviewer is not None) for transfer, rows in by_transfer.items()
        ]


def record_look(
    gateway: Gateway,
    event: str,
    *,
    uid: int,
    matches: int = 0,
    reviewer: Signing | None = None,
    route: str | None = None,
) -> None:
    """Before anything is told. SignerRejected, and no receipt, if the reviewer is none."""
    facts = Facts(event=event, uid=uid, matches=matches)
    if reviewer is not None:
        facts |= Facts(signer=proven(gateway, LIST, reviewer).fingerprint)
    gateway.log.append(Receipt(kind="look-up", route=route, at=gateway.clock(), facts=facts))


def subjects_of(gateway: Gateway, child: Mapping[str, str]) -> frozenset[bytes]:
    """The pseudonyms by which registers and disclosures know a child; RegisterInvalid if none can be made."""
    found = pseudonyms(child, key=gateway.register_key)
    subjects = frozenset(pseudonym for kind, pseudonym in found if kind in OF_SUBJECTS)
    if not subjects:
        raise RegisterInvalid(
            "children are looked up by UPN, or by name with date of birth",
            remedy="look the child's UPN up first; former UPNs count as well",
        )
    with gateway.ledger.reading() as tx:
        return same_child(tx, subjects)


def _one(
    gateway: Gateway, tx: Transaction, transfer: TransferId, rows: Sequence[Disclosed], *, reviewer: bool
) -> Shared:
    entries, known = gateway.log.of_transfer(transfer), gateway.log.transfer(transfer)
    sealed = next((entry for entry in reversed(entries) if entry.receipt.kind == Stage.SEALED), None)
    if sealed is None:
        raise LogBroken(f"transfer {transfer} has disclosures and no receipt that it was sealed")
    facts = sealed.receipt.facts
    released = frozenset[str]().union(*(row.released for row in rows))
    return Shared(
        transfer=transfer,
        route=known.route,
        partner=known.partner,
        purpose=str(facts["purpose"]),
        agreement=str(facts["agreement"]),
        policy=rows[0].policy,
        policy_hash=str(facts["policy_hash"]),
        stage=known.stage,
        reach=_reach(known.stage, [entry.receipt for entry in entries]),
        released=tuple(sorted(released)),
        withheld=dict(sorted(_withheld(rows, released, reviewer=reviewer))),
        bases=rows[0].bases,
        proofs=tuple(prove(tx, entry, gateway.log.public) for entry in entries),
    )


def _withheld(rows: Sequence[Disclosed], released: frozenset[str], *, reviewer: bool) -> Iterator[tuple[str, str]]:
    """Why a child as a whole was withheld, or something of it kept back, is the reviewer's; that a consent is missing is everybody's."""
    for row in rows:
        for field, why in row.withheld.items():
            if field not in released:
                yield field, why_in_part(why, reviewer=reviewer) if released else why if reviewer else NOT_RELEASED


def why_in_part(why: str, *, reviewer: bool) -> str:
    """Of a child of whom something is released: it may be a hold that keeps back the rest."""
    return FIELD_NOT_RELEASED if why == WITHHELD[HOLD] and not reviewer else why


def reach_of(gateway: Gateway, transfer: TransferId) -> Reach:
    """UsageError if there is no such transfer."""
    receipts = [entry.receipt for entry in gateway.log.of_transfer(transfer)]
    return _reach(gateway.log.transfer(transfer).stage, receipts)


def _reach(stage: Stage, receipts: Sequence[Receipt]) -> Reach:
    """Whether the parcel came to its partner."""
    if stage is Stage.RESOLVED:
        verdicts = [str(receipt.facts["verdict"]) for receipt in receipts if receipt.kind == Stage.RESOLVED]
        kinds, verdict = {receipt.kind for receipt in receipts}, verdicts[-1]
        if verdict == "absent" and "opened" in kinds:
            return Reach.PERHAPS  # a person had it, and what a portal has, nobody signs
        is_known = verdict == "abandoned" and not _SEEN_THERE.isdisjoint(kinds)
        return Reach.LEFT if is_known else _RESOLVED.get(verdict, Reach.PERHAPS)
    return Reach.LEFT if stage in _LEFT else Reach.PERHAPS if stage is Stage.IN_DOUBT else Reach.NOT
