"""The references that a partner was given before a key was rotated, and keeps: a Parquet file, by subject.

    subject     12 bytes, as children are known now
    reference   as the partner has it

New children get theirs under the key in force. The same references make the same bytes.
"""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from gateway.footing import durable
from gateway.minimise.session import EngineFailed, Session
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.errors import StorageError

MEMORY_MB = 512
_COLUMNS = "{subject: 'VARCHAR', reference: 'VARCHAR'}"


def write_references(path: Path, given: Mapping[bytes, str]) -> Digest:
    """In place of what lies there; StorageError if it cannot be written."""
    lines = "".join(f"{subject.hex()},{given[subject]}\n" for subject in sorted(given)).encode("ascii")
    durable.remove(path)
    with ExitStack() as stack:
        target = stack.enter_context(durable.created(path))
        source = stack.enter_context(os.fdopen(os.memfd_create("references", os.MFD_CLOEXEC), "w+b"))
        source.write(lines)
        source.flush()
        _to_parquet(f"/dev/fd/{source.fileno()}", f"/dev/fd/{target.fileno()}")
        target.seek(0)
        meter = Meter()
        while block := target.read(1 << 20):
            meter.feed(block)
        return meter.digest


def read_references(path: Path) -> dict[bytes, str]:
    """StorageError if it cannot be read."""
    try:
        with path.open("rb") as stream:
            name = f"/dev/fd/{stream.fileno()}"
            with Session.opened(memory_mb=MEMORY_MB, threads=1, files=(name,)) as session:
                return dict(session.rows(f"SELECT subject, reference FROM read_parquet('{name}')"))  # noqa: S608 - a descriptor
    except (EngineFailed, OSError) as error:
        raise StorageError("the references that a partner keeps cannot be read", remedy=RESTORE) from error


RESTORE = (
    "restore state/prepare/disclosures from its backup: without it the partner would take every child for a new one"
)


def _to_parquet(source: str, target: str) -> None:
    query = (
        "COPY (SELECT unhex(subject) AS subject, reference"  # noqa: S608 - descriptors
        f" FROM read_csv('{source}', columns = {_COLUMNS}, auto_detect = false, header = false, delim = ','))"
        f" TO '{target}' (FORMAT parquet, USE_TMP_FILE false)"
    )
    try:
        with Session.opened(memory_mb=MEMORY_MB, threads=1, files=(source, target)) as session:
            session.run(query)
    except EngineFailed as error:
        raise StorageError("the references that a partner keeps could not be written") from error
