"""A staged parcel, opened by the person it is sealed to, and what that person says became of it.

    open_staged   verified as any receiver verifies, opened into a private folder, receipt `opened`
    uploaded      receipt `resolved` with the portal's reference: a person's word, and no signature
    set_aside     receipt `resolved` as absent: a person says that it was not uploaded, and will not be

Until it is opened nothing of it has left: a hold that was recorded since it was sealed keeps it shut.

`delivered` says of such a route that the parcel lies in the folder. Only the partner's own
signature would make it `acknowledged`, and a portal signs nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.contract.partner import UploadEndpoint
from gateway.crypto.age import recipient_fingerprint
from gateway.crypto.age.identity_file import Kept
from gateway.crypto.signers import Signers
from gateway.footing import durable, mailbox
from gateway.footing.ledger import holds
from gateway.footing.plain_file import read_plain
from gateway.footing.working_folder import working_folder
from gateway.receipts.receipt import Receipt
from gateway.seal.envelope import LARGEST
from gateway.seal.opening import Answered, OpenedParcel, Reader, Sender, UnverifiedParcel
from gateway.seal.rejections import rejected
from gateway.story.gate import Gate
from gateway.story.outcomes import tell_outcome
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import Stage, TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    path: Path
    rows: int


def open_staged(
    gate: Gate, transfer: TransferId, identities: tuple[Kept, ...], into: Path, *, at: datetime, uid: int
) -> Opened:
    """The data file under its own name in `into`, a private folder; receipted before it is there.

    Whatever else lies there is left alone, but for what an earlier opening left when it was killed.

    Raises:
        UsageError: the route stages nothing, a hold came since it was sealed, or `into` holds a file of that name.
        ParcelInvalid: what lies in the folder is not the parcel that we sealed for this person.
    """
    staged = staging_folder(gate)
    _refuse_overtaken(gate, transfer)
    ciphertext, signature, envelope = (staged / name for name in names_of(transfer))
    found = UnverifiedParcel(
        transfer=transfer,
        envelope=read_plain(envelope, LARGEST, what="a staged envelope"),
        signature=read_plain(signature, LARGEST, what="a staged envelope's signature"),
    )
    signed = found.verify(_ourselves(gate), at)
    sequence = signed.envelope.heading.sequence
    answered = Answered(expected=lambda _route: sequence, seen=lambda _transfer: False)
    with working_folder(into) as work:
        with ciphertext.open("rb") as stream:
            opened = signed.open([stream], work, _reader(gate, identities), answered, at)
        return _kept(gate, opened, into, uid=uid)


def uploaded(gate: Gate, transfer: TransferId, reference: str, *, uid: int) -> None:
    """A person says that it was uploaded; the parcel is taken out of the folder. Said again after a crash, it is taken out then.

    Raises:
        UsageError: the route stages nothing, or the transfer does not lie there.
    """
    gateway, staged = gate.gateway, staging_folder(gate)
    if gateway.log.stage(transfer) is Stage.RESOLVED and _is_left(gate, transfer, staged):
        _take_out(gate, transfer, staged)
        return
    _settle(gate, transfer, Facts(verdict="uploaded", reference=reference, uid=uid))


def set_aside(gate: Gate, transfer: TransferId, *, reason: str, uid: int) -> None:
    """A person says that it was not uploaded, and will not be; the parcel is taken out of the folder. Raises as `uploaded`."""
    _settle(gate, transfer, Facts(verdict="absent", reason=reason, uid=uid))


def _settle(gate: Gate, transfer: TransferId, said: Facts) -> None:
    gateway, staged = gate.gateway, staging_folder(gate)
    stage = gateway.log.stage(transfer)
    if stage not in (Stage.DELIVERED, Stage.OVERDUE):
        raise UsageError(
            f"transfer {transfer} is not staged: it stands at {stage}", remedy="'gateway status' shows which ones are"
        )
    facts = said | Facts(partner=gate.route.partner.partner)
    gateway.log.append(
        Receipt.of_stage(Stage.RESOLVED, transfer=transfer, route=gate.name, at=gateway.clock(), facts=facts)
    )
    _take_out(gate, transfer, staged)


def _refuse_overtaken(gate: Gate, transfer: TransferId) -> None:
    """Whom a hold is about is not said, and hardly known: an address holds whoever lives there."""
    log = gate.gateway.log
    sealed = log.last(transfer, Stage.SEALED)
    with gate.gateway.ledger.reading() as tx:
        live = {row.id for row in holds.listed(tx, live_only=True)}
    since = [entry for entry in log.entries(kinds=("hold-added",)) if sealed is None or entry.index > sealed.index]
    if any(entry.receipt.facts["index"] in live for entry in since):
        raise UsageError(
            f"transfer {transfer} was judged by rules that are over: it is not opened any more",
            remedy=f"gateway resolve {transfer} absent --reason overtaken; then gateway resend {transfer}, and drop the file again",
        )


def _is_left(gate: Gate, transfer: TransferId, staged: Path) -> bool:
    """It was said before, and something of the parcel lies there still."""
    said = gate.gateway.log.last(transfer, Stage.RESOLVED)
    is_uploaded = said is not None and said.receipt.facts.get("verdict") == "uploaded"
    return is_uploaded and any((staged / name).exists() for name in names_of(transfer))


def _take_out(gate: Gate, transfer: TransferId, staged: Path) -> None:
    tell_outcome(gate, transfer)
    for name in reversed(names_of(transfer)):  # the envelope first: without it the others are no parcel
        durable.remove(staged / name)
    mailbox.close_order(gate.gateway.workspace.to_deliver, transfer)


def staging_folder(gate: Gate) -> Path:
    """UsageError if the route's parcels go to a server."""
    endpoint = gate.route.partner.endpoint
    if not isinstance(endpoint, UploadEndpoint):
        raise UsageError(
            f"the route {gate.name} delivers to a server: nothing is staged for a person",
            remedy="'gateway receive' is the partner's verb",
        )
    return gate.gateway.workspace.home / endpoint.folder


def _kept(gate: Gate, opened: OpenedParcel, into: Path, *, uid: int) -> Opened:
    target, transfer = into / opened.manifest.file.name, opened.envelope.heading.transfer
    if target.exists():
        raise UsageError("a file of that name is there already", remedy="name a new folder with --into")
    facts = Facts(uid=uid, rows=opened.manifest.file.rows)
    gate.gateway.log.append(
        Receipt(kind="opened", transfer=transfer, route=gate.name, at=gate.gateway.clock(), facts=facts)
    )
    durable.publish(opened.data, target)
    return Opened(path=target, rows=opened.manifest.file.rows)


def _ourselves(gate: Gate) -> Sender:
    """Whoever opens verifies the gateway's own signature, as any partner does."""
    gateway = gate.gateway
    acts = ",".join(of_act(act, gateway.domain) for act in ("content", "envelope"))
    line = f'{gateway.sender} namespaces="{acts}" {gateway.signing.public.line()}\n'
    return Sender(id=gateway.sender, domain=gateway.domain, signers=Signers.parse(line, source="our own key"))


def _reader(gate: Gate, identities: tuple[Kept, ...]) -> Reader:
    partner = gate.route.partner
    keys = frozenset(recipient_fingerprint(identity.recipient().spelled()) for identity in identities)
    if recipient_fingerprint(partner.recipient) not in keys:
        raise rejected("not-addressed")
    return Reader(id=partner.partner, identities=identities, keys=keys)
