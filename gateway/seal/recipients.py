"""The keys that a partner's parcels are sealed to, by the fingerprints that statements, envelopes and receipts name."""

from gateway.contract.partner import Partner
from gateway.crypto.age import recipient_fingerprint
from gateway.seal.openpgp.certificates import spelled_fingerprint


def sealed_to(partner: Partner) -> tuple[str, ...]:
    """The key in use first, then the one that is to follow."""
    spelled = recipient_fingerprint if partner.format == "age" else spelled_fingerprint
    return tuple(map(spelled, partner.recipients))
