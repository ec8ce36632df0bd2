"""The gateway's own keys by role: which there are, which is in use, which is to follow, which were.

    state/…/private/ROLE.key                 in use
    state/…/private/ROLE.next.key            made, and told to partners; nobody uses it yet
    keys/public/ROLE.pub, ROLE.next.pub      their public halves
    keys/public/retired/ROLE-YYYYMMDDTHHMMSSZ.pub   what was in use until then: signatures of that time verify with it

A key is as old as its file. Private halves that are replaced are destroyed; public halves never.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from gateway.config.faults import did_you_mean, known_names
from gateway.config.first_keys import DELIVER_SIGNING, PREPARE_SECRETS, PREPARE_SIGNING, reference_role, sftp_role
from gateway.config.load import Configuration
from gateway.crypto.ssh_public import PublicKey
from gateway.footing.keyring import Keyring
from gateway.seal.openpgp.own_key import openpgp_role
from gateway.vocabulary.errors import FormatInvalid, KeyUnavailable, UsageError

LIFETIME: Final = timedelta(days=730)
"""Of a signing key, as keys/README.md says. A secret is rotated at a doubt, and the log's key at a loss."""
AHEAD: Final = timedelta(days=30)
STAMP: Final = "%Y%m%dT%H%M%SZ"
_RETIRED = re.compile(r"([a-z0-9-]+)-(\d{8}T\d{6}Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    name: str
    half: Literal["prepare", "deliver"]
    signs: bool
    """An Ed25519 key; else 32 secret bytes, of which there is no public half."""

    @property
    def following(self) -> str:
        return f"{self.name}.next"

    @property
    def expires(self) -> bool:
        return self.signs and self.name != "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What there is of one role. Fingerprints are those of published public halves."""

    role: Role
    there: bool
    fingerprint: str | None
    following: str | None
    since: datetime | None
    """None where this user may not look."""

    @property
    def due(self) -> datetime | None:
        return self.since + LIFETIME if self.since and self.role.expires else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A public half that was in use until `until`."""

    role: str
    until: datetime
    key: PublicKey


def roles(configuration: Configuration) -> tuple[Role, ...]:
    """Of every route and partner that is configured, in the order of keys/README.md."""
    partners = sorted({route.partner.partner for route in configuration.routes})
    routes = [route.name for route in configuration.routes]
    by_gpg = {
        openpgp_role(route.partner.partner) for route in configuration.routes if route.partner.format == "openpgp"
    }
    return (
        *(Role(name=name, half="prepare", signs=True) for name in (*PREPARE_SIGNING, *sorted(by_gpg))),
        *(Role(name=name, half="prepare", signs=False) for name in (*PREPARE_SECRETS, *map(reference_role, partners))),
        *(Role(name=name, half="deliver", signs=True) for name in (*DELIVER_SIGNING, *map(sftp_role, routes))),
    )


def role_named(configuration: Configuration, name: str) -> Role:
    """UsageError with a suggestion if there is no such role."""
    known = {role.name: role for role in roles(configuration)}
    if name not in known:
        raise UsageError("there is no key of this name", remedy=did_you_mean(name, known) or known_names(known))
    return known[name]


def ring_of(configuration: Configuration, role: Role) -> Keyring:
    return configuration.prepare_keys if role.half == "prepare" else configuration.deliver_keys


def standing(configuration: Configuration, role: Role) -> Standing:
    ring = ring_of(configuration, role)
    current, following = (published(configuration, role, name) for name in (role.name, role.following))
    return Standing(
        role=role,
        there=ring.has(role.name),
        fingerprint=current.fingerprint if current else None,
        following=following.fingerprint if following else None,
        since=_made(ring.folder / f"{role.name}.key"),
    )


def published(configuration: Configuration, role: Role, name: str) -> PublicKey | None:
    """The public half of ROLE or ROLE.next; from the private one where its file is missing or spoiled. None for none."""
    path, ring = configuration.workspace.public_keys / f"{name}.pub", ring_of(configuration, role)
    try:
        if os.path.lexists(path):
            return public_half(path)
    except KeyUnavailable:
        if not ring.has(name):
            raise
    return ring.signing_key(name).public if role.signs and ring.has(name) else None


def retired(configuration: Configuration) -> Iterator[Retired]:
    """Oldest first of each role; KeyUnavailable if one cannot be read."""
    for path in sorted((configuration.workspace.public_keys / "retired").glob("*.pub")):
        if match := _RETIRED.fullmatch(path.stem):
            until = datetime.strptime(match[2], STAMP).replace(tzinfo=UTC)
            yield Retired(role=match[1], until=until, key=public_half(path))


def public_half(path: Path) -> PublicKey:
    try:
        return PublicKey.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, FormatInvalid) as error:
        raise KeyUnavailable(
            f"the public key {path.name} cannot be read", remedy="restore it: partners have it too"
        ) from error


def _made(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(path.lstat().st_mtime), UTC)
    except OSError:
        return None
