"""Is every key that a half needs there, ours alone, and does its public half belong to it?"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gateway.config.checkup.check import Check, Surroundings, fail, unless, warn
from gateway.config.first_keys import DELIVER_SIGNING, PREPARE_SECRETS, reference_role, sftp_role
from gateway.config.load import Configuration
from gateway.config.lost_keys import remedy_for_missing
from gateway.config.own_keys import roles
from gateway.crypto.ssh_keys import PublicKey
from gateway.footing.keyring import Keyring
from gateway.vocabulary.errors import GatewayError


def keys_are_there(configuration: Configuration, around: Surroundings) -> Iterator[Check]:  # noqa: ARG001
    partners = sorted({route.partner.partner for route in configuration.routes})
    routes = [route.name for route in configuration.routes]
    public = configuration.workspace.public_keys
    secrets = (*PREPARE_SECRETS, *map(reference_role, partners))
    signing = tuple(role.name for role in roles(configuration) if role.signs and role.half == "prepare")
    yield from _half("prepare", configuration.prepare_keys, signing, secrets, public)
    yield from _half("deliver", configuration.deliver_keys, (*DELIVER_SIGNING, *map(sftp_role, routes)), (), public)


def _half(
    half: str, ring: Keyring, signing: tuple[str, ...], secrets: tuple[str, ...], public: Path
) -> Iterator[Check]:
    name = f"keys of {half}"
    if not os.access(ring.folder, os.R_OK | os.X_OK) and ring.credentials is None:
        if os.access(ring.folder.parent, os.X_OK) and not ring.folder.exists():
            yield fail(name, "their folder is not there", "restore it from its backup, apart from the ledger's")
            return
        yield warn(name, "this user may not look at them", f"run 'gateway doctor' as the user of {half}")
        return
    problems = [problem for role in (*signing, *secrets) for problem in _file(name, ring, role)]
    if not problems and _owner(ring) == os.geteuid():
        problems = [problem for role in secrets for problem in _secret(name, ring, role)]
        problems += [problem for role in signing for problem in _pair(name, ring, role, public)]
    yield from unless(
        problems, name, f"keys there are: {len(signing) + len(secrets)}, each readable by its owner alone"
    )


def _owner(ring: Keyring) -> int:
    """systemd gives credentials to the user who runs; otherwise keys belong to whom their folder belongs to."""
    return os.geteuid() if ring.credentials else ring.folder.stat().st_uid


def _file(name: str, ring: Keyring, role: str) -> Iterator[Check]:
    if not ring.has(role):
        yield fail(name, f"{role}.key is missing", remedy_for_missing(role))
        return
    path = ring.folder / f"{role}.key"
    if not path.exists():
        return  # a credential: systemd sees to its owner and mode
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        yield fail(name, f"{role}.key is not a regular file", "replace it by the key file itself")
    elif stat.S_IMODE(status.st_mode) & 0o077:
        yield fail(name, f"others may read {role}.key", "chmod 600, and rotate it: take it as known")
    elif status.st_uid != ring.folder.stat().st_uid:
        yield fail(name, f"{role}.key and its folder belong to different users", "chown it to the service's user")


def _secret(name: str, ring: Keyring, role: str) -> Iterator[Check]:
    try:
        ring.generations(role)
    except GatewayError as error:
        yield fail(name, error.message, error.remedy)


def _pair(name: str, ring: Keyring, role: str, public: Path) -> Iterator[Check]:
    try:
        private = ring.signing_key(role)
        published = PublicKey.parse((public / f"{role}.pub").read_text("utf-8"))
    except GatewayError as error:
        yield fail(name, f"{role}: {error.message}", error.remedy or "restore it from its backup")
    except (OSError, UnicodeDecodeError):
        yield fail(name, f"keys/public/{role}.pub cannot be read", f"write it anew: gateway keys show {role}")
    else:
        if published.blob != private.public.blob:
            remedy = "find out which of the two was changed, and by whom"
            yield fail(name, f"keys/public/{role}.pub does not belong to its private half", remedy)
