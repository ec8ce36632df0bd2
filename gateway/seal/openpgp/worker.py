"""The process in which Sequoia runs: python -I -m gateway.seal.openpgp.worker, its order on standard input.

    inspect   a certificate ─▶ what it says of itself, as JSON on standard output
    verify    a body and a detached signature ─▶ the fingerprint of the certificate that made it

It leaves with 0 or it did not do it: what Sequoia says goes nowhere.
"""

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pysequoia
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

from gateway.crypto.openpgp.binding import verify_binding
from gateway.vocabulary.errors import SignatureInvalid

Order = Mapping[str, Any]


def main() -> None:
    order = json.loads(sys.stdin.buffer.read())
    ACTS[order["act"]](order)


def inspect(order: Order) -> None:
    data = _bytes(order["certificate"])
    certificates = pysequoia.Cert.split_bytes(data)
    (certificate,) = certificates
    _tell(
        {
            "fingerprint": certificate.fingerprint, "revoked": certificate.is_revoked,
            "secret": certificate.has_secret_keys, "expires": _spelled(certificate.expiration),
            "subkeys": list(_subkeys(bytes(certificate))),
        }
    )  # fmt: skip


def verify(order: Order) -> None:
    certificate = pysequoia.Cert.from_bytes(_bytes(order["certificate"]))
    found = pysequoia.verify(
        bytes=_bytes(order["body"]),
        store=lambda _: [certificate],
        signature=pysequoia.Sig.from_bytes(_bytes(order["signature"])),
    )
    (valid,) = found.valid_sigs
    _tell({"fingerprint": valid.certificate})


def _subkeys(certificate: bytes) -> Iterator[dict[str, Any]]:
    """Each key that encrypts, with the end that its newest binding gives it; the primary key too.

    A signature that does not verify binds nothing. A revocation counts in any case. The primary key is the
    one whose fingerprint is known, and its end is the certificate's, which Sequoia has verified.
    """
    primary = b""
    for key, signatures in _bound(certificate):
        primary = primary or key.body
        bindings = [one for one in signatures if one.signature_type != SignatureType.SubkeyRevocation and one.key_flags]
        if key.tag == Tag.PublicSubkey:
            bindings = [one for one in bindings if _binds(primary, key, one)]
        if not bindings:
            continue
        newest = max(bindings, key=lambda one: one.signature_created or datetime.min)  # noqa: DTZ901 - absent: oldest
        flags, lasts, created = newest.key_flags, newest.key_validity_period, key.key_created
        if flags is None or not (flags.transport_encryption or flags.storage_encryption):
            continue
        yield {
            "body": base64.b64encode(key.body).decode(),
            "revoked": any(one.signature_type == SignatureType.SubkeyRevocation for one in signatures),
            "expires": _spelled(created + lasts) if created and lasts else None,
        }


def _binds(primary: bytes, key: Packet, signature: Packet) -> bool:
    try:
        verify_binding(primary, key.body, signature.body)
    except SignatureInvalid:
        return False
    return True


def _bound(certificate: bytes) -> Iterator[tuple[Packet, list[Packet]]]:
    """Each key, and the signatures that follow it before the next one."""
    key: Packet | None = None
    signatures: list[Packet] = []
    for packet in PacketPile.from_bytes(certificate):
        if packet.tag in (Tag.PublicKey, Tag.PublicSubkey):
            if key is not None:
                yield key, signatures
            key, signatures = packet, []
        elif packet.tag == Tag.Signature:
            signatures.append(packet)
    if key is not None:
        yield key, signatures


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _spelled(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _tell(answer: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer))


ACTS = {"inspect": inspect, "verify": verify}

if __name__ == "__main__":
    main()
