"""Private keys by role. No key leaves but by its role; none is shown, none has a default.

    signing            Ed25519   statements of content and envelope          prepare
    log                Ed25519   the receipt log's checkpoints                prepare
    register           32 bytes  pseudonyms of children                      prepare
    digest             32 bytes  digests of extracts in receipts             prepare
    reference-PARTNER  32 bytes  the references one partner sees             prepare
    openpgp-PARTNER    Ed25519   messages to one partner that has gpg        prepare
    observation        Ed25519   what deliver says it saw                    deliver
    sftp-ROUTE         Ed25519   logs in at the partner of one route         deliver

A key is read from systemd's credentials folder where there is one, else from a private
folder: a regular file, ours alone (0600, our uid). Anything else is refused.
"""

import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import durable
from gateway.vocabulary.errors import KeyUnavailable

SECRET_BYTES = 32
LARGEST_KEY = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    folder: Path
    credentials: Path | None = None

    def signing_key(self, role: str) -> SigningKey:
        data = self._read(role)
        try:
            return SigningKey.load(data)
        except KeyUnavailable as error:
            raise KeyUnavailable(f"the key {role}: {error.message}", remedy=error.remedy) from error

    def private_bytes(self, role: str) -> bytes:
        """The OpenSSH private key itself, for the SFTP client alone."""
        return self._read(role)

    def secret(self, role: str) -> bytes:
        """The only one of its role; see `generations` for those that are followed."""
        return _secret(self._read(role).strip(), role)

    def generations(self, role: str) -> tuple[bytes, ...]:
        """All of a secret that is followed and never replaced, the first one first, one a line."""
        lines = self._read(role).split()
        if not lines:
            raise KeyUnavailable(f"the key {role} is empty", remedy="restore it from its backup")
        return tuple(_secret(line, role) for line in lines)

    def add_generation(self, role: str, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        """In one rename: it is there with all that were before it, and not in force by that."""
        known = [secret.hex() for secret in (*self.generations(role), random(SECRET_BYTES))]
        durable.replace(self.folder / f"{role}.key", "".join(f"{line}\n" for line in known).encode("ascii"))

    def is_credential(self, role: str) -> bool:
        """systemd's, which is not ours to change."""
        return self._path(role).parent == self.credentials

    def has(self, role: str) -> bool:
        return os.path.lexists(self._path(role))

    def create_signing(self, role: str) -> SigningKey:
        key = SigningKey.generate_ed25519()
        durable.write_new(self.folder / f"{role}.key", key.openssh_private(role))
        return key

    def create_secret(self, role: str, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        durable.write_new(self.folder / f"{role}.key", random(SECRET_BYTES).hex().encode() + b"\n")

    def replace_signing(self, role: str, key: SigningKey) -> None:
        """In one rename: the old key or the new one, never neither. The old one is gone."""
        durable.replace(self.folder / f"{role}.key", key.openssh_private(role))

    def destroy(self, role: str) -> None:
        """Unlinked, which is not shredded; gone already is fine. A credential of systemd's is not ours to take."""
        durable.remove(self.folder / f"{role}.key")

    def _path(self, role: str) -> Path:
        if self.credentials and os.path.lexists(credential := self.credentials / f"{role}.key"):
            return credential  # a link that leads nowhere too: it is refused, and never passed over for another key
        return self.folder / f"{role}.key"

    def _read(self, role: str) -> bytes:
        path = self._path(role)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise KeyUnavailable(
                f"the key {role} cannot be read", remedy=f"'gateway doctor' says which keys are needed ({role}.key)"
            ) from error
        try:
            _ours_alone(os.fstat(descriptor), role, credential=path.parent == self.credentials)
            return _content(descriptor, role)
        finally:
            os.close(descriptor)


def _secret(data: bytes, role: str) -> bytes:
    try:
        secret = bytes.fromhex(data.decode("ascii"))
    except ValueError as error:
        raise KeyUnavailable(f"the key {role} is not 64 hex digits", remedy="restore it from its backup") from error
    if len(secret) != SECRET_BYTES:
        raise KeyUnavailable(f"the key {role} is not 32 bytes long", remedy="restore it from its backup")
    return secret


def _content(descriptor: int, role: str) -> bytes:
    data = os.read(descriptor, LARGEST_KEY + 1)  # a regular file gives all that it has
    if len(data) > LARGEST_KEY:
        raise KeyUnavailable(f"the key {role} is larger than any key", remedy="restore it from its backup")
    return data


def _ours_alone(status: os.stat_result, role: str, *, credential: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyUnavailable(f"the key {role} is not a regular file", remedy="replace it by the key file itself")
    if credential:
        return  # systemd sets owner and mode of its read-only credentials folder
    if status.st_uid != os.geteuid():
        raise KeyUnavailable(f"the key {role} belongs to another user", remedy="chown it to the service's user")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise KeyUnavailable(f"others can read the key {role}", remedy="chmod 600, and consider it known: rotate it")
