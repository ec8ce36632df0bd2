"""Where a transfer stands, told by its receipts alone, and which receipt may come next. Pure.

A receipt that names a transfer is a rung (its kind is a stage) or stands beside the ladder
(`BESIDE`) and moves nothing. Any third kind is an alarm and never overlooked: it could be
the rung of a later version of this program, and "no stage" would let the transfer begin anew.
Other events name a transfer among their facts.
"""

from collections.abc import Iterable

from gateway.receipts.receipt import Receipt
from gateway.vocabulary.errors import LogBroken, StorageError
from gateway.vocabulary.transfer import FOLLOWS, Stage

S = Stage
RUNGS = {stage.value: stage for stage in Stage}
BESIDE = frozenset(
    {
        "answer-rejected", "arrival-purged", "disclosures-expired", "disclosures-purged", "incident", "lapsed", "legal-hold",
        "held-approved", "legal-hold-lifted", "opened", "recalled", "resent", "retried", "uploaded",
    }
)  # fmt: skip
EVIDENCE: dict[Stage, tuple[str, ...]] = {
    S.ARRIVED: ("extract",),
    S.REFUSED: ("reasons",),
    S.WITHDRAWN: ("uid", "count"),
    S.APPROVED: ("signers",),
    S.SEALED: ("manifest", "envelope", "ciphertext", "rows", "released"),
    S.DELIVERED: ("verified_by",),
    S.ACKNOWLEDGED: ("acknowledgement", "partner_key"),
    S.REJECTED_BY_PARTNER: ("acknowledgement", "partner_key"),
    S.DISPOSED: ("acknowledgement", "partner_key"),
}
"""Facts without which a rung is a claim. An empty list of signers is none."""


def rung_of(kind: str) -> Stage | None:
    """None beside the ladder; LogBroken for a kind that may be a rung we do not know."""
    if kind not in RUNGS and kind not in BESIDE:
        raise LogBroken(
            f"a transfer has a receipt of the kind {kind}, which is not known here",
            remedy="a later version of the gateway may have written it: use that one",
        )
    return RUNGS.get(kind)


def climb(newest: Receipt | None, receipt: Receipt) -> Receipt | None:
    """The newest rung of a transfer once `receipt` is written, given the newest before it.

    Raises:
        StorageError: the rung may not follow, is of another route, or comes without its evidence.
        LogBroken: the kind is not known here.
    """
    step = rung_of(receipt.kind)
    if step is None:
        return newest
    check_evidence(receipt)
    if newest is not None and newest.route != receipt.route:
        raise StorageError("a transfer cannot change its route")
    follow(Stage(newest.kind) if newest else None, step)
    return receipt


def replay(receipts: Iterable[Receipt]) -> Stage | None:
    """The stage that all receipts of one transfer, in order, lead to."""
    newest = None
    for receipt in receipts:
        newest = climb(newest, receipt)
    return Stage(newest.kind) if newest else None


def follow(stage: Stage | None, step: Stage) -> None:
    """StorageError unless `step` may follow `stage`; None is before the first rung."""
    if step not in FOLLOWS[stage]:
        raise StorageError(
            f"a transfer that is {stage} cannot become {step}" if stage else f"a transfer cannot begin as {step}",
            remedy="'gateway receipts list' shows what it has been through; nothing was recorded",
        )


def check_evidence(receipt: Receipt) -> None:
    """StorageError if a receipt claims a rung without saying whose, or without the facts that make it true."""
    step = RUNGS.get(receipt.kind)
    if step is None:
        return
    if receipt.transfer is None or receipt.route is None:
        raise StorageError(f"a receipt says {step} and not of which transfer on which route")
    missing = [name for name in EVIDENCE.get(step, ()) if receipt.facts.get(name, ()) == ()]
    if missing:
        raise StorageError(f"a receipt says {step} and lacks its evidence: {', '.join(missing)}")
