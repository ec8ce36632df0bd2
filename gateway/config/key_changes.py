"""Keys are made, told to partners, put to use, and retired. Each change can be done twice.

    make       ROLE.key where there never was one, else ROLE.next.key, to be told to partners first
    rotate     1 the old public half is kept among the retired
               2 ROLE.key is replaced by ROLE.next.key, in one rename: the old private half is gone
               3 ROLE.pub is replaced   4 ROLE.next.key and ROLE.next.pub go
    retire     a key that was to follow and shall not; or one whose route or partner is gone

Crash points. Between any two steps of `rotate`, ROLE.next.key is still there, and rotating once
more ends what was begun. `gateway doctor` sees a public half that does not belong to its key.

Some keys are not simply replaced: the log's key hands over (`log_key`), and the secrets that stand
behind everything that was ever recorded are followed, each generation by the next (`generations`).
"""

import os
from collections.abc import Callable
from datetime import datetime

from gateway.config.first_keys import PUBLIC_MODE
from gateway.config.load import Configuration
from gateway.config.lost_keys import refuse_another
from gateway.config.own_keys import STAMP, Role, public_half, ring_of
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import durable
from gateway.footing.keyring import Keyring
from gateway.story.key_steps import key_steps
from gateway.vocabulary.errors import KeyUnavailable, NeedsPerson, UsageError


def make(configuration: Configuration, role: Role, random: Callable[[int], bytes]) -> str | None:
    """The fingerprint of the new key; None for a secret.

    Raises:
        UsageError: a secret that is there already, or a key to follow that was made before.
        KeyUnavailable: the keys belong to another user than this one, who may write their public halves; or what is
            recorded was made with the missing one.
    """
    ring = owned_ring(configuration, role)
    if not ring.has(role.name) and not _is_published(configuration, role):
        refuse_another(configuration, role)
        return _create(configuration, ring, role.name, random if not role.signs else None)
    if not role.signs:
        raise UsageError(f"the key {role.name} is there already", remedy=f"gateway keys rotate {role.name}")
    if ring.has(role.following):
        raise UsageError(
            f"the key that follows {role.name} is there already",
            remedy=key_steps(role.name, following=True),
        )
    return _create(configuration, ring, role.following, None)


def rotate(configuration: Configuration, role: Role, at: datetime) -> str:
    """Put the key that follows to use; its fingerprint. Neither half may be running.

    Raises:
        UsageError: it is a key that is handed over or followed, and not replaced.
        UsageError, NeedsPerson, KeyUnavailable: as `check_rotation`, which a receipt is written after.
    """
    if role.name == "log" or not role.signs:
        raise UsageError(f"the key {role.name} is not replaced", remedy=f"gateway keys rotate {role.name}")
    check_rotation(configuration, role)
    return replace_signing(configuration, role, at)


def check_rotation(configuration: Configuration, role: Role) -> None:
    """Whether it can be rotated now; nothing is changed.

    Raises:
        UsageError: nothing follows yet.
        NeedsPerson: reports that were signed with the old key have not been read yet.
        KeyUnavailable: the keys belong to another user than this one.
    """
    if not owned_ring(configuration, role).has(role.following):
        raise UsageError(f"no key follows {role.name} yet", remedy=key_steps(role.name, following=False))
    _refuse_unread_reports(configuration, role)


def retire(configuration: Configuration, role: Role) -> None:
    """Destroy the key that was to follow. Raises as `check_retirement`, which a receipt is written after."""
    check_retirement(configuration, role)
    ring_of(configuration, role).destroy(role.following)
    durable.remove(configuration.workspace.public_keys / f"{role.following}.pub")


def check_retirement(configuration: Configuration, role: Role) -> None:
    """UsageError if nothing follows: the key in use is rotated, never retired."""
    if not owned_ring(configuration, role).has(role.following):
        raise UsageError(
            f"the key {role.name} is in use, and nothing follows it",
            remedy=key_steps(role.name, following=False),
        )


def _is_published(configuration: Configuration, role: Role) -> bool:
    """Then the private half is lost, or is a credential that only the unit sees: either way another one follows it."""
    return os.path.lexists(configuration.workspace.public_keys / f"{role.name}.pub")


def _create(
    configuration: Configuration, ring: Keyring, name: str, secret: Callable[[int], bytes] | None
) -> str | None:
    if secret:
        ring.create_secret(name, secret)
        return None
    key = ring.create_signing(name)
    _publish(configuration, name, key)
    return key.fingerprint


def _publish(configuration: Configuration, name: str, key: SigningKey) -> None:
    line = key.public_line(f"{name}@{configuration.settings.domain}")
    path = configuration.workspace.public_keys / f"{name}.pub"
    durable.replace(path, f"{line}\n".encode("ascii"), PUBLIC_MODE)


def replace_signing(configuration: Configuration, role: Role, at: datetime) -> str:
    """Steps 1 to 4; the fingerprint of the key that is in use from now on."""
    ring = ring_of(configuration, role)
    public, following = configuration.workspace.public_keys, ring.signing_key(role.following)
    old = public / f"{role.name}.pub"
    if os.path.lexists(old) and public_half(old).fingerprint != following.fingerprint:
        archive = public / "retired"
        archive.mkdir(mode=0o755, exist_ok=True)
        line = public_half(old).line(f"{role.name}@{configuration.settings.domain} until {at.strftime(STAMP)}")
        durable.replace(
            archive / f"{role.name}-{at.strftime(STAMP)}.pub", f"{line}\n".encode("ascii"), PUBLIC_MODE
        )  # 1
    ring.replace_signing(role.name, following)  # 2
    _publish(configuration, role.name, following)  # 3
    durable.remove(public / f"{role.following}.pub")  # 4
    ring.destroy(role.following)
    return following.fingerprint


def _refuse_unread_reports(configuration: Configuration, role: Role) -> None:
    folder = configuration.workspace.from_deliver
    if role.name == "observation" and folder.exists() and any(folder.iterdir()):
        raise NeedsPerson(
            "deliver's reports that are signed with the old key have not been read yet",
            remedy="gateway run --once --only prepare, then rotate",
        )


def owned_ring(configuration: Configuration, role: Role) -> Keyring:
    """A key file of another user's would be refused by the half that needs it; and a public half must find its place."""
    ring = ring_of(configuration, role)
    try:
        owner = ring.folder.stat().st_uid
    except OSError as error:
        raise KeyUnavailable(
            f"the folder of {role.half}'s keys cannot be looked into", remedy=f"type this as the user of {role.half}"
        ) from error
    if owner != os.geteuid():
        raise KeyUnavailable(
            f"{role.half}'s keys belong to another user", remedy=f"type this as the user of {role.half}"
        )
    if role.signs and not os.access(configuration.workspace.public_keys, os.W_OK | os.X_OK):
        raise KeyUnavailable(
            "this user may not write to keys/public, where public halves go",
            remedy=f"lend the folder to the user of {role.half} for as long as this takes: docs/OPERATING.md, Rotation",
        )
    return ring
