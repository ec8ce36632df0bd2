"""A staged parcel: that the person it is sealed to opens it, and what that person says became of it.

    staged_parcel what the person needs in order to open it; `record_opened`, receipt `opened`, before it is there
    uploaded      receipt `resolved` with the portal's reference: a person's word, and no signature
    set_aside     receipt `resolved` as absent: a person says that it was not uploaded, and will not be

Until it is opened nothing of it has left: a hold that was recorded since it was sealed keeps it shut.

`delivered` says of such a route that the parcel lies in the folder. Only the partner's own
signature would make it `acknowledged`, and a portal signs nothing.
"""

from pathlib import Path

from gateway.contract.partner import UploadEndpoint
from gateway.footing import durable, mailbox
from gateway.footing.ledger import holds
from gateway.receipts.entry import Entry
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate
from gateway.story.outcomes import tell_outcome
from gateway.story.recalled import is_recalled
from gateway.story.staged import Staged
from gateway.vocabulary.errors import StorageError, UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import Stage, TransferId


def staged_parcel(gate: Gate, transfer: TransferId) -> Staged:
    """What its person needs to open it (`staged`).

    Raises:
        UsageError: the route stages nothing, it does not lie there, somebody has recalled it, or a hold came since it was
            sealed.
    """
    staging_folder(gate)
    sealed = _refuse_shut(gate, transfer)
    gateway, partner = gate.gateway, gate.route.partner
    return Staged(
        transfer=transfer, sender=gateway.sender, domain=gateway.domain, key=gateway.signing.public.line(),
        partner=partner.partner, recipient=partner.recipient, envelope=str(sealed.receipt.facts["envelope"]),
    )  # fmt: skip


def record_opened(gate: Gate, transfer: TransferId, *, uid: int) -> int:
    """Once it is verified, and before the data is there; how many rows it has. Raises as above: somebody may have been slow."""
    gateway = gate.gateway
    with gateway.ledger.writing() as tx:
        rows = _refuse_shut(gate, transfer).receipt.facts["released"]
        facts = Facts(uid=uid, rows=rows)
        gateway.log.append_in(
            tx, Receipt(kind="opened", transfer=transfer, route=gate.name, at=gateway.clock(), facts=facts)
        )
    return rows if isinstance(rows, int) else 0


def uploaded(gate: Gate, transfer: TransferId, reference: str, *, uid: int) -> None:
    """A person says that it was uploaded; the parcel is taken out of the folder. Said again after a crash, it is taken out then.

    Raises:
        UsageError: the route stages nothing, or the transfer does not lie there.
    """
    if not _taken_out_after_all(gate, transfer, "uploaded"):
        _settle(gate, transfer, Facts(verdict="uploaded", reference=reference, uid=uid))


def set_aside(gate: Gate, transfer: TransferId, *, reason: str, uid: int) -> None:
    """A person says that it was not uploaded, and will not be; the parcel is taken out of the folder. As `uploaded`."""
    if not _taken_out_after_all(gate, transfer, "absent"):
        _settle(gate, transfer, Facts(verdict="absent", reason=reason, uid=uid))


def _settle(gate: Gate, transfer: TransferId, said: Facts) -> None:
    gateway, staged = gate.gateway, staging_folder(gate)
    _refuse_elsewhere(gate, transfer)
    facts = said | Facts(partner=gate.route.partner.partner)
    gateway.log.append(
        Receipt.of_stage(Stage.RESOLVED, transfer=transfer, route=gate.name, at=gateway.clock(), facts=facts)
    )
    _take_out(gate, transfer, staged)


def _refuse_shut(gate: Gate, transfer: TransferId) -> Entry:
    """Its receipt `sealed`, if it may be opened now."""
    _refuse_elsewhere(gate, transfer)
    sealed = gate.gateway.log.last(transfer, Stage.SEALED)
    if sealed is None:
        raise StorageError(f"transfer {transfer} is staged without its receipt", remedy="run 'gateway receipts verify'")
    if is_recalled(gate.gateway, transfer):
        raise UsageError(
            f"transfer {transfer} was recalled: it is not opened any more",
            remedy=f"an operator types: gateway resolve {transfer} absent --reason recalled",
        )
    _refuse_overtaken(gate, transfer, sealed)
    return sealed


def _refuse_elsewhere(gate: Gate, transfer: TransferId) -> None:
    stage = gate.gateway.log.stage(transfer)
    if stage not in (Stage.DELIVERED, Stage.OVERDUE):
        raise UsageError(
            f"transfer {transfer} is not staged: it stands at {stage}", remedy="'gateway status' shows which ones are"
        )


def _refuse_overtaken(gate: Gate, transfer: TransferId, sealed: Entry) -> None:
    """Whom a hold is about is not said, and hardly known: an address holds whoever lives there."""
    log = gate.gateway.log
    with gate.gateway.ledger.reading() as tx:
        live = {row.id for row in holds.listed(tx, live_only=True)}
    since = [entry for entry in log.entries(kinds=("hold-added",)) if entry.index > sealed.index]
    if any(entry.receipt.facts["index"] in live for entry in since):
        raise UsageError(
            f"transfer {transfer} was judged by rules that are over: it is not opened any more",
            remedy=f"an operator types: gateway resolve {transfer} absent --reason overtaken; then gateway resend {transfer}, and the file is dropped again",
        )


def _taken_out_after_all(gate: Gate, transfer: TransferId, verdict: str) -> bool:
    """Where it was said before, and something of the parcel lies there still."""
    staged, said = staging_folder(gate), gate.gateway.log.last(transfer, Stage.RESOLVED)
    is_said = said is not None and said.receipt.facts.get("verdict") == verdict
    is_left = is_said and any((staged / name).exists() for name in names_of(transfer))
    if is_left:
        _take_out(gate, transfer, staged)
    return is_left


def _take_out(gate: Gate, transfer: TransferId, staged: Path) -> None:
    for name in reversed(names_of(transfer)):  # the envelope first: without it the others are no parcel
        durable.remove(staged / name)
    mailbox.close_order(gate.gateway.workspace.to_deliver, transfer)
    tell_outcome(gate, transfer)  # last: staff's folders may be away


def staging_folder(gate: Gate) -> Path:
    """UsageError if the route's parcels go to a server."""
    endpoint = gate.route.partner.endpoint
    if not isinstance(endpoint, UploadEndpoint):
        raise UsageError(
            f"the route {gate.name} delivers to a server: nothing is staged for a person",
            remedy="'gateway receive' is the partner's verb",
        )
    return gate.gateway.workspace.home / endpoint.folder
