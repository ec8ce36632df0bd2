"""To whom a route's parcels are sealed, and with which of our keys: what the partner's page says, in its format."""

from collections.abc import Callable, Iterable
from pathlib import Path

from gateway.contract.partner import Partner
from gateway.seal.openpgp.certificates import read_certificate
from gateway.seal.openpgp.own_key import openpgp_role
from gateway.seal.sealing import Addressee, Draft, SealedParcel, Settled, seal
from gateway.story.gate import Gateway


def addressees(gateway: Gateway, partner: Partner) -> tuple[Addressee, ...]:
    """The key in use, then the one that is to follow. KeyUnavailable if a certificate cannot be had."""
    if partner.format == "age":
        return tuple(Addressee(id=partner.partner, recipient=key) for key in partner.recipients)
    folder = gateway.workspace.certificates
    return tuple(
        Addressee(id=partner.partner, recipient=read_certificate(folder, fingerprint).data.decode("ascii"))
        for fingerprint in partner.recipients
    )


def seal_for(
    gateway: Gateway, draft: Draft, folder: Path, chunks: Iterable[bytes], settle: Callable[[], Settled]
) -> SealedParcel:
    """As `seal`, with the keys of ours that the draft's format needs."""
    role = openpgp_role(draft.recipients[0].id)
    return seal(
        draft,
        folder,
        chunks,
        settle,
        key=gateway.signing,
        random=gateway.random,
        openpgp_key=gateway.keys.signing_key(role) if draft.format == "openpgp" else None,
    )
