"""What lies under the folders: a network share gives no events, and is no place for the ledger.

On a share that this machine mounts, changes made elsewhere raise no event: pickup finds files
by its scan alone. SQLite's write-ahead log and its locks are not safe on one at all.
"""

import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from gateway.config.checkup.check import Check, Surroundings, fail, ok, warn
from gateway.config.load import Configuration
from gateway.footing import durable
from gateway.vocabulary.errors import StorageError

NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "gpfs", "ocfs2", "gfs2",
     "virtiofs", "vboxsf", "davfs", "beegfs"}
)  # fmt: skip
_OCTAL = re.compile(r"\\([0-7]{3})")


def file_systems_fit(configuration: Configuration, around: Surroundings) -> Iterator[Check]:
    workspace = configuration.workspace
    outbox, state = (kind_under(place, around.mounts) for place in (workspace.outbox, workspace.state))
    if is_network(outbox):
        yield warn(
            "outbox events", f"it lies on {outbox}: files are found by scanning only", "expect scan_seconds more"
        )
    else:
        yield ok(
            "outbox events", "files dropped here are noticed at once" if outbox else "not known: scanning finds all"
        )
    if is_network(state) and configuration.settings.ledger and configuration.settings.deliver_store:
        yield ok("ledger's disk", f"the state folder lies on {state}, and neither ledger nor deliver's store in it")
    elif is_network(state):
        yield fail("ledger's disk", f"the state folder lies on {state}", "move it to a local disk")
    else:
        yield ok("ledger's disk", f"the state folder lies on {state or 'a file system that is not known'}")


def leases_work(configuration: Configuration, around: Surroundings) -> Iterator[Check]:  # noqa: ARG001
    """A lease tells whether anybody still has a dropped file open; without, only stillness tells."""
    outbox = configuration.workspace.outbox
    if not os.access(outbox, os.W_OK | os.X_OK):
        return
    probe = outbox / f".lease-{secrets.token_hex(4)}.tmp"
    try:
        durable.write_new(probe, b"")
        possible = _can_lease(probe)
    except StorageError as error:
        yield fail("outbox leases", error.message, error.remedy)
        return
    finally:
        durable.remove(probe)
    if possible:
        yield ok("outbox leases", "a file that is still open elsewhere is seen")
    else:
        yield warn(
            "outbox leases", "not possible here: only stillness tells that a file is whole", "raise settle_seconds"
        )


def kind_under(place: Path, mounts: str) -> str:
    """The file system's type from mountinfo, or nothing: the longest mount point wins, of equals the last."""
    best, kind = -1, ""
    target = place.resolve()
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        words, what = before.split(" "), after.split(" ")
        if len(words) < 5 or not what[0]:
            continue
        point = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), words[4]))
        if target.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), what[0]
    return kind


def is_network(kind: str) -> bool:
    return kind in NETWORK or kind.startswith("fuse.")


def _can_lease(probe: Path) -> bool:
    descriptor = os.open(probe, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EACCES, errno.EAGAIN, errno.ENOLCK, errno.EOPNOTSUPP):
            return False
        raise StorageError("a lease could not be tried", remedy="check the outbox's file system") from error
    finally:
        os.close(descriptor)
    return True
