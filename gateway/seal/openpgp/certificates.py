"""A partner's OpenPGP certificate, and whether it may be used now: Sequoia would encrypt to it in any case.

Refused: more than one, one with its secret half in it, a revoked one, an expired one, and one
without a live key that encrypts. Its fingerprint here is SHA-256 over OpenPGP's own.

A partner's page names OpenPGP's own fingerprint, and is signed; the certificate itself lies in
keys/openpgp, under that name. So it can be renewed without a new signature, and a key that
encrypts counts only if the certificate's own signature binds it (`gateway.crypto.openpgp.binding`).
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from gateway.crypto.openpgp import EncryptionKey
from gateway.footing.plain_file import read_plain
from gateway.seal.openpgp.process import Declined, ask, spelled
from gateway.vocabulary.errors import FormatInvalid, KeyUnavailable

LARGEST: Final = 256 * 1024
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_REMEDY = "ask the partner for its certificate as it is now: gpg --armor --export, and compare its fingerprint"
_INSTALL = "install handoff-gateway[openpgp]"


@dataclass(frozen=True, slots=True)
class EncryptingKey:
    """One key of it that encrypts and is not revoked: its packet's body, and when it ends; None for never."""

    body: bytes
    ends: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate, parsed. An end that is None is none."""

    data: bytes
    openpgp_fingerprint: str
    """40 or 64 hex digits in capitals, as gpg shows it."""
    revoked: bool
    expires: datetime | None
    encrypts: tuple[EncryptingKey, ...]

    @property
    def fingerprint(self) -> str:
        return spelled_fingerprint(self.openpgp_fingerprint)

    @property
    def ends(self) -> datetime | None:
        """From when on nothing may be sealed to it; None for never."""
        lasts = [key.ends or _NEVER for key in self.encrypts]
        end = min(self.expires or _NEVER, max(lasts, default=_NEVER))
        return None if end == _NEVER else end

    def refuse_unusable(self) -> None:
        """KeyUnavailable if nothing could be sealed to it at any time: revoked, or without a key of a kind used here."""
        self._refuse_revoked()
        if not self.encrypts:
            raise _nothing_encrypts()
        _known(self.encrypts)

    def check(self, at: datetime) -> None:
        """KeyUnavailable if it is revoked or expired."""
        self._refuse_revoked()
        if self.expires is not None and self.expires <= at:
            raise KeyUnavailable("the partner's OpenPGP certificate has expired", remedy=_REMEDY)

    def encrypting_keys(self, at: datetime) -> tuple[EncryptionKey, ...]:
        """All of them to which a message may be sealed at `at`; KeyUnavailable if there is none, or none of a kind used here."""
        self.check(at)
        live = [key for key in self.encrypts if key.ends is None or key.ends > at]
        if not live:
            raise _nothing_encrypts()
        return _known(live)

    def _refuse_revoked(self) -> None:
        if self.revoked:
            raise KeyUnavailable("the partner's OpenPGP certificate has been revoked", remedy=_REMEDY)


def spelled_fingerprint(openpgp_fingerprint: str) -> str:
    """`SHA256:` and 43 characters, as envelopes and receipts name keys."""
    digest = hashlib.sha256(bytes.fromhex(openpgp_fingerprint)).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def read_certificate(folder: Path, openpgp_fingerprint: str) -> Certificate:
    """The one of this fingerprint, from `folder`/FINGERPRINT.asc.

    Raises:
        KeyUnavailable: it is missing, is not one certificate in armor, or another one than its name says.
    """
    name = f"{openpgp_fingerprint}.asc"
    try:
        certificate = parse_certificate(read_plain(folder / name, LARGEST, what=f"keys/openpgp/{name}"))
    except FormatInvalid as error:
        raise KeyUnavailable(error.message, remedy=_REMEDY) from error
    if not certificate.data.isascii():
        raise KeyUnavailable(f"keys/openpgp/{name} is not armored", remedy=_REMEDY)
    if certificate.openpgp_fingerprint != openpgp_fingerprint:
        raise KeyUnavailable(f"keys/openpgp/{name} holds another certificate than its name says", remedy=_REMEDY)
    return certificate


@lru_cache(maxsize=64)
def parse_certificate(data: bytes) -> Certificate:
    """KeyUnavailable unless it is exactly one certificate, armored or not, without its secret half."""
    try:
        told = ask({"act": "inspect", "certificate": spelled(data)})
    except Declined as error:
        raise KeyUnavailable("that is not one OpenPGP certificate", remedy=f"{_REMEDY}; {_INSTALL}") from error
    if told["secret"]:
        raise KeyUnavailable(
            "an OpenPGP certificate came with its secret half", remedy="the partner must make a new one: this is known"
        )
    keys = (key for key in told["subkeys"] if not key["revoked"])
    return Certificate(
        data=data,
        openpgp_fingerprint=told["fingerprint"].upper(),
        revoked=told["revoked"],
        expires=_end(told["expires"]),
        encrypts=tuple(EncryptingKey(base64.b64decode(key["body"]), _end(key["expires"])) for key in keys),
    )


def _nothing_encrypts() -> KeyUnavailable:
    return KeyUnavailable("the partner's OpenPGP certificate has no live key that encrypts", remedy=_REMEDY)


def _known(keys: Sequence[EncryptingKey]) -> tuple[EncryptionKey, ...]:
    """A partner may have keys beside each other, an old kind and a new one: any of them opens the message."""
    known = tuple(parsed for key in keys if (parsed := _of_a_known_kind(key.body)))
    return known or (EncryptionKey.parse(keys[0].body),)


def _of_a_known_kind(body: bytes) -> EncryptionKey | None:
    try:
        return EncryptionKey.parse(body)
    except KeyUnavailable:
        return None


def _end(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
