"""A partner's OpenPGP certificate, and whether it may be used now: Sequoia would encrypt to it in any case.

Refused: more than one, one with its secret half in it, a revoked one, an expired one, and one
without a live key that encrypts. Its fingerprint here is SHA-256 over OpenPGP's own.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.seal.openpgp.process import Declined, ask, spelled
from gateway.vocabulary.errors import KeyUnavailable

_REMEDY = "ask the partner for its certificate as it is now: gpg --armor --export, and compare its fingerprint"
_INSTALL = "install handoff-gateway[openpgp]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate, parsed. An end that is None is none."""

    data: bytes
    openpgp_fingerprint: str
    """40 or 64 hex digits, as gpg shows it."""
    revoked: bool
    expires: datetime | None
    encrypts: tuple[datetime | None, ...]
    """For each key that encrypts and is not revoked: when it ends."""

    @property
    def fingerprint(self) -> str:
        """`SHA256:` and 43 characters, as envelopes and receipts name keys."""
        digest = hashlib.sha256(bytes.fromhex(self.openpgp_fingerprint)).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"

    def check(self, at: datetime) -> None:
        """KeyUnavailable if it is revoked or expired."""
        if self.revoked:
            raise KeyUnavailable("the partner's OpenPGP certificate has been revoked", remedy=_REMEDY)
        if self.expires is not None and self.expires <= at:
            raise KeyUnavailable("the partner's OpenPGP certificate has expired", remedy=_REMEDY)

    def check_encrypts(self, at: datetime) -> None:
        """KeyUnavailable if nothing may be encrypted to it at `at`."""
        self.check(at)
        if not any(end is None or end > at for end in self.encrypts):
            raise KeyUnavailable("the partner's OpenPGP certificate has no live key that encrypts", remedy=_REMEDY)


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
    return Certificate(
        data=data,
        openpgp_fingerprint=told["fingerprint"],
        revoked=told["revoked"],
        expires=_end(told["expires"]),
        encrypts=tuple(_end(key["expires"]) for key in told["subkeys"] if not key["revoked"]),
    )


def generate_key(sender: str, partner: str, domain: str) -> tuple[bytes, str]:
    """A fresh signing key for one partner, which it names, and its certificate, armored. For the keyring."""
    try:
        made = ask({"act": "generate", "user_id": f"{sender} for {partner} <{partner}@{domain}>"})
    except Declined as error:
        raise KeyUnavailable("no OpenPGP key could be made", remedy=_INSTALL) from error
    return base64.b64decode(made["key"]), str(made["certificate"])


def _end(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
