"""The register as it stands on one London day: a Parquet file, one row a subject, read by workers.

    subject       12 bytes
    objected      withheld until lifted
    minor_tiers   what others opened, for a child under 16: 1 consented, 2 special
    minor_fields  the single fields that they named, in order, with `;` between
    own_tiers     what the child opened, with own_fields, and own_given, the day of it: they count from the
                  16th birthday on

Whoever was only asked, and has decided nothing, has no row.

The day is part of it, since consents begin and end: the file says which, and a run on another
day does not use it. The same decisions on the same day make the same bytes.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Protocol

from gateway.footing import durable
from gateway.minimise.consent import NEUTRAL, Decision, Opened, standing
from gateway.minimise.session import EngineFailed, Session
from gateway.minimise.verdicts import CONSENTED, SPECIAL
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.errors import StorageError

MEMORY_MB = 512
WRITTEN_AT_ONCE = 1 << 20
HISTORIES = 1 << 16
"""How many are remembered: most children's decisions read like many others'."""
SEPARATOR: Final = ";"
_BITS = {"consented": CONSENTED, "special": SPECIAL}
_COLUMNS = {
    "subject": "VARCHAR", "objected": "BOOLEAN", "minor_tiers": "UTINYINT", "minor_fields": "VARCHAR",
    "own_tiers": "UTINYINT", "own_fields": "VARCHAR", "own_given": "DATE",
}  # fmt: skip


class SubjectDecision(Decision, Protocol):
    @property
    def subject(self) -> bytes: ...


class _Said(NamedTuple):
    """A decision without its subject: what two children's histories are compared by."""

    decided_by: str
    decision: str
    tiers: frozenset[str]
    fields: frozenset[str]
    given: date
    expires: date | None


_subject, _said = attrgetter("subject"), attrgetter(*_Said._fields)


def write_snapshot(decisions: Iterable[SubjectDecision], path: Path, *, day: date) -> Digest:
    """`decisions` by subject, and for each subject in the order recorded.

    Raises:
        StorageError: the name is taken, the disk said no, or the decisions are not in that order.
    """
    with durable.created(path) as target, _memory_file() as source:
        for block in _blocks(_lines(decisions, day)):
            source.write(block)
        source.flush()
        _to_parquet(source.fileno(), target.fileno(), day)
        return _digest(target)


def _lines(decisions: Iterable[SubjectDecision], day: date) -> Iterator[str]:
    @lru_cache(HISTORIES)
    def told(*history: tuple[str, str, frozenset[str], frozenset[str], date, date | None]) -> str:
        return _standing([_Said(*said) for said in history], day)

    before = b""
    for subject, recorded in groupby(decisions, key=_subject):
        if subject <= before:
            raise StorageError("the register's decisions do not come by subject")
        before = subject
        if line := told(*map(_said, recorded)):
            yield subject.hex() + line


def _standing(recorded: list[_Said], day: date) -> str:
    """Empty if nothing was decided: under another pseudonym of the child's something may have been."""
    if all(said.decision in NEUTRAL for said in recorded):
        return ""
    now = standing(recorded, day)
    given = now.own_given.isoformat() if now.own_given else ""
    return f",{int(now.objected)},{_spelled(now.minor)},{_spelled(now.own)},{given}\n"


def _spelled(opened: Opened) -> str:
    return f"{sum(_BITS[tier] for tier in opened.tiers)},{SEPARATOR.join(sorted(opened.fields))}"


def _blocks(lines: Iterator[str]) -> Iterator[bytes]:
    block: list[str] = []
    for line in lines:
        block.append(line)
        if len(block) == WRITTEN_AT_ONCE // 32:
            yield "".join(block).encode("ascii")
            block.clear()
    yield "".join(block).encode("ascii")


def _to_parquet(source: int, target: int, day: date) -> None:
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in _COLUMNS.items())
    query = (
        "COPY (SELECT * REPLACE (unhex(subject) AS subject, coalesce(minor_fields, '') AS minor_fields,"  # noqa: S608 - descriptors and a day
        " coalesce(own_fields, '') AS own_fields)"
        f" FROM read_csv('{_path(source)}', columns = {{{columns}}}, auto_detect = false, header = false, delim = ','))"
        f" TO '{_path(target)}' (FORMAT parquet, KV_METADATA {{day: '{day}'}}, USE_TMP_FILE false)"
    )
    files = (_path(source), _path(target))
    try:
        with Session.opened(memory_mb=MEMORY_MB, threads=1, files=files) as session:
            session.run(query)
    except EngineFailed as error:
        raise StorageError("the register's snapshot could not be written") from error


def _path(descriptor: int) -> str:
    return f"/dev/fd/{descriptor}"


@contextmanager
def _memory_file() -> Iterator[BinaryIO]:
    with os.fdopen(os.memfd_create("decisions", os.MFD_CLOEXEC), "w+b") as stream:
        yield stream


def _digest(stream: BinaryIO) -> Digest:
    stream.seek(0)
    meter = Meter()
    while block := stream.read(WRITTEN_AT_ONCE):
        meter.feed(block)
    return meter.digest
