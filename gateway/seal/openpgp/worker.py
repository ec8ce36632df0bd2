"""The process in which Sequoia runs: python -I -m gateway.seal.openpgp.worker ORDER, a descriptor to read from.

    inspect   a certificate ─▶ what it says of itself, as JSON on standard output
    generate  a user id     ─▶ a fresh secret key
    encrypt   standard input, to its end ─▶ standard output: one message, signed and encrypted
    verify    a body and a detached signature ─▶ the fingerprint of the certificate that made it

It leaves with 0 or it did not do it: what Sequoia says goes nowhere. Whoever starts it kills it
before its input ends, if what is written must not become a whole message.
"""

import base64
import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pysequoia
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

STDIN, STDOUT = "/dev/stdin", "/dev/stdout"
Order = Mapping[str, Any]


def main(arguments: list[str]) -> None:
    with os.fdopen(int(arguments[0]), "rb") as stream:
        order = json.loads(stream.read())
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


def generate(order: Order) -> None:
    key = pysequoia.Tsk.generate(user_id=order["user_id"])
    _tell({"key": base64.b64encode(bytes(key)).decode(), "certificate": str(key.extract_certificate())})


def encrypt(order: Order) -> None:
    recipients = [pysequoia.Cert.from_bytes(_bytes(text)) for text in order["recipients"]]
    signer = pysequoia.Tsk.from_bytes(_bytes(order["key"])).signer()
    pysequoia.encrypt_file(STDIN, STDOUT, recipients, signer, armor=False)


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
    """Each key that encrypts, with the end that its newest binding gives it; the primary key too."""
    for key, signatures in _bound(certificate):
        bindings = [one for one in signatures if one.signature_type != SignatureType.SubkeyRevocation and one.key_flags]
        if not bindings:
            continue
        newest = max(bindings, key=lambda one: one.signature_created or datetime.min)  # noqa: DTZ901 - absent: oldest
        flags, lasts, created = newest.key_flags, newest.key_validity_period, key.key_created
        if flags is None or not (flags.transport_encryption or flags.storage_encryption):
            continue
        yield {
            "revoked": any(one.signature_type == SignatureType.SubkeyRevocation for one in signatures),
            "expires": _spelled(created + lasts) if created and lasts else None,
        }


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


ACTS = {"inspect": inspect, "generate": generate, "encrypt": encrypt, "verify": verify}

if __name__ == "__main__":
    main(sys.argv[1:])
