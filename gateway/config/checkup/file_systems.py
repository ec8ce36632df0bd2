"""What lies under the folders: a network share gives no events, and is no place for the ledger.

On a share that this machine mounts, changes made elsewhere raise no event: pickup finds files
by its scan alone. SQLite's write-ahead log and its locks are not safe on one at all.
"""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from gateway.config.checkup.check import Check, Surroundings, fail, ok, warn
from gateway.config.load import Configuration
from gateway.footing import durable
from gateway.footing.mounts import is_network, kind_under
from gateway.vocabulary.errors import StorageError


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


def leases_work(configuration: Configuration, around: Surroundings) -> Iterator[Check]:
    """A lease tells whether anybody still has a dropped file open; without, only stillness tells."""
    outbox = configuration.workspace.outbox
    if not os.access(outbox, os.W_OK | os.X_OK):
        return
    probe = outbox / f".lease-{secrets.token_hex(4)}.tmp"
    try:
        durable.write_new(probe, b"")
        # a share may grant one, and knows nothing of who writes at its other end
        possible = _can_lease(probe) and not is_network(kind_under(outbox, around.mounts))
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
