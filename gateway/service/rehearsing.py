"""A parcel of invented children, all the way to a partner's signed answer: before anything real is handed over.

On a route of its own, `rehearsal-…`, so that it uses up no number of a real one, and told
apart by it wherever it is seen: by its name, its agreement and its instruction to delete it.
It stands in the log as `rehearsal` and, once answered, `rehearsal-answered`; it is no transfer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.config.first_keys import sftp_role
from gateway.config.load import Configuration
from gateway.contract.partner import Endpoint, Partner
from gateway.deliver.destination import Attempt, Delivered, Destination
from gateway.footing import durable
from gateway.receipts.receipt import Receipt
from gateway.seal.acknowledgement import Acknowledgement, Awaited
from gateway.seal.sealing import Draft, SealedParcel, Settled, Witness
from gateway.service.probing import route_to
from gateway.story.addressing import addressees, seal_for
from gateway.story.answer_keys import verify_answer
from gateway.story.gate import Gateway
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId

LASTS: Final = timedelta(days=7)
SALT: Final = 32
EVERY: Final = 2.0
"""Seconds between two looks for the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    transfer: TransferId
    delivered: Delivered
    answer: Acknowledgement | None
    """Verified, and about this very parcel; None if there was none in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    data: bytes
    rows: int


def rehearse(
    configuration: Configuration,
    gateway: Gateway,
    partner: str,
    invented: Invented,
    *,
    looks: int,
    wait: Callable[[float], None],
) -> Rehearsed:
    """Put one, and look for its answer `looks` times, `EVERY` seconds apart.

    Raises:
        ConfigError, UsageError: no route in service leads to this partner, or it has no server.
        DeliveryError: the server could not be reached, or refused it.
        AcknowledgementInvalid: an answer came, and is not the partner's, or about something else.
    """
    from gateway.deliver.sftp.destination import SftpDestination  # noqa: PLC0415 - paramiko is wanted here only

    route = route_to(configuration, partner)
    endpoint = route.partner.endpoint
    if not isinstance(endpoint, Endpoint):
        raise UsageError(f"the partner {partner} has no server: its parcels are staged in a folder")
    draft = _draft(gateway, route.partner)
    folder = durable.private_folder(gateway.workspace.sealing(draft.transfer))
    login = configuration.deliver_keys.private_bytes(sftp_role(route.name))
    destination = SftpDestination(endpoint, login, clock=gateway.clock)
    try:
        sealed = _sealed(gateway, draft, folder, invented, route.partner)
        delivered = destination.put(sealed.parcel, _only_attempt())
        answer = _answer(gateway, destination, sealed, route.partner, looks=looks, wait=wait)
    finally:
        destination.close()
        durable.discard_folder(folder)
    return Rehearsed(transfer=draft.transfer, delivered=delivered, answer=answer)


def _draft(gateway: Gateway, partner: Partner) -> Draft:
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
        release_by=created + timedelta(hours=1),
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


def _sealed(gateway: Gateway, draft: Draft, folder: Path, invented: Invented, partner: Partner) -> SealedParcel:
    settled = Settled(rows=invented.rows)
    sealed = seal_for(gateway, draft, folder, [invented.data], lambda: settled)
    facts = Facts(partner=partner.partner, envelope=str(sealed.envelope), sender_key=gateway.signing.fingerprint)
    gateway.log.append(Receipt(kind="rehearsal", at=gateway.clock(), facts=facts))
    return sealed


def _only_attempt() -> Attempt:
    """Of a transfer that nobody has tried before, nor will again."""
    return Attempt(
        number=1, earlier=(), may_release=_nothing, never_left=_nothing, record_intent=_nothing, intent_recorded=False
    )


def _nothing() -> None:
    """A rehearsal has no successor that would have to know."""


def _answer(
    gateway: Gateway,
    destination: Destination,
    sealed: SealedParcel,
    partner: Partner,
    *,
    looks: int,
    wait: Callable[[float], None],
) -> Acknowledgement | None:
    transfer = sealed.parcel.transfer
    signs = bool(partner.acknowledgement_key) or partner.format == "openpgp"
    for look in range(looks if signs else 0):
        if look:
            wait(EVERY)
        for found in destination.collect(frozenset({transfer})):
            answer, _ = verify_answer(gateway, partner, found.body, found.signature)
            answer.check(
                Awaited(
                    transfer=transfer,
                    recipient=partner.partner,
                    envelope=sealed.envelope,
                    manifest=sealed.manifest,
                    rows=sealed.rows,
                )
            )
            _record(gateway, partner.partner, answer, found.body, gateway.clock())
            return answer
    return None


def _record(gateway: Gateway, partner: str, answer: Acknowledgement, body: bytes, at: datetime) -> None:
    facts = Facts(partner=partner, disposition=answer.disposition, acknowledgement=str(Digest.of(body)))
    if answer.code:
        facts |= Facts(code=answer.code)
    gateway.log.append(Receipt(kind="rehearsal-answered", at=at, facts=facts))
