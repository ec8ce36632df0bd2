"""Partners' OpenPGP certificates: each lies in keys/openpgp, and is the one that the partner's signed page names."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from gateway.config.faults import Fault
from gateway.config.pages import shown
from gateway.contract.partner import Partner
from gateway.seal.openpgp.certificates import Certificate, read_certificate
from gateway.vocabulary.errors import GatewayError, KeyUnavailable


def certificates_of(folder: Path, partner: Partner) -> Iterator[Certificate]:
    """In the order of the page; none of a partner that does not use them. KeyUnavailable as `read_certificate`."""
    if partner.format == "openpgp":
        yield from (read_certificate(folder, fingerprint) for fingerprint in partner.recipients)


def certificate_faults(folder: Path, partner: Partner) -> Iterator[Fault]:
    """Missing, spoiled, another than is named, revoked, or of a kind that is not used here, whatever the day."""
    try:
        for certificate in certificates_of(folder, partner):
            certificate.refuse_unusable()
    except GatewayError as error:
        page = shown(Partner, partner.partner)
        yield Fault(page=page, key="recipient", sentence=error.message, remedy=error.remedy)


def certificates_end(folder: Path, partner: Partner) -> datetime | None:
    """When the first of them may be sealed to no longer; None for never."""
    try:
        ends = [certificate.ends for certificate in certificates_of(folder, partner)]
    except KeyUnavailable:
        return None  # a fault of the page, and told as one
    return min((end for end in ends if end), default=None)
