"""The keys a new gateway begins with, and the folders they lie in.

Private halves go into the state folder, each half's where that half alone can read it;
public halves go to keys/public, for partners and for whoever verifies the log.
"""

import stat
from collections.abc import Mapping, Sequence

from gateway.config.load import Configuration
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import durable
from gateway.footing.workspace import Workspace

PUBLIC_MODE, DROP_MODE = 0o644, 0o770
PREPARE_SIGNING, PREPARE_SECRETS = ("signing", "log"), ("register", "digest")
DELIVER_SIGNING = ("observation",)


def reference_role(partner: str) -> str:
    return f"reference-{partner}"


def sftp_role(route: str) -> str:
    return f"sftp-{route}"


def make_private(workspace: Workspace, routes: Sequence[str]) -> None:
    """State for the service alone (0700), the outbox for the service and staff's group (0770).

    Folders that are there keep what they were given: a group, the setgid bit.
    """
    for folder in (workspace.state, *(workspace.state / half for half in ("prepare", "deliver", "mailbox"))):
        durable.private_folder(folder)
    workspace.make_folders(tuple(routes))
    for folder in (workspace.outbox, *workspace.outbox.rglob("*")):
        folder.chmod(
            stat.S_IMODE(folder.stat().st_mode) & ~0o777 | DROP_MODE
        )  # the umask may have taken the group's right to write


def create_keys(configuration: Configuration, *, routes: Sequence[str], partners: Sequence[str]) -> Mapping[str, str]:
    """Fresh keys for every role; the public half of each signing key, by role. StorageError if one is there."""
    prepare, deliver = configuration.prepare_keys, configuration.deliver_keys
    for role in (*PREPARE_SECRETS, *(reference_role(partner) for partner in partners)):
        prepare.create_secret(role)
    created = {role: prepare.create_signing(role) for role in PREPARE_SIGNING}
    created |= {role: deliver.create_signing(role) for role in (*DELIVER_SIGNING, *map(sftp_role, routes))}
    return {role: _publish(configuration, role, key) for role, key in created.items()}


def _publish(configuration: Configuration, role: str, key: SigningKey) -> str:
    folder = configuration.workspace.public_keys
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    line = key.public_line(f"{role}@{configuration.settings.domain}")
    durable.write_new(folder / f"{role}.pub", f"{line}\n".encode("ascii"), PUBLIC_MODE)
    return line
