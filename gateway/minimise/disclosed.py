"""Reads what transfers released about each child in scope, and what they withheld and why.

A Parquet file a transfer: the subject's pseudonym and the verdict, sorted, each of its row groups
with its first and last subject: so one child is found in hundreds of files within a moment, by one query.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from gateway.crypto.nesting import generations
from gateway.minimise.disclosures import Basis, parse_meaning, parsed_bases, said
from gateway.minimise.keying import bound, generation_of, lifted
from gateway.minimise.session import EngineFailed, Session, Value
from gateway.vocabulary.errors import GatewayError, StorageError

MEMORY_MB = 256
FILES_AT_ONCE = 250
"""Open at one time: a quarter of the descriptors that a process has by default."""
_UNREADABLE = (GatewayError, EngineFailed, OSError, KeyError, TypeError, ValueError)
_AS_RECORDED = "subject"
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosedFile:
    """`meta` as the ledger has it. `key`: the register's, all generations in force.

    A file is never rewritten: after a rotation its subjects are hashed on as they are read, one by one.
    """

    transfer: str
    path: Path
    meta: str
    key: bytes

    @property
    def single_fields(self) -> int:
        """How many there are that its verdicts can name."""
        return len(_page(self.meta).get("by_name", ()))

    @property
    def subject(self) -> str:
        """SQL for what a row's subject is known by now."""
        known = generations(self.key)
        since = generation_of(_page(self.meta)) if known > 1 else 1
        if since > known:
            raise ValueError("a file is of a later generation than the key")
        return lifted(_AS_RECORDED, since=since, generations=known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What one row said: the fields that left, and of those that did not, why not; and by which rules."""

    transfer: str
    subject: bytes
    released: frozenset[str]
    withheld: Mapping[str, str]
    bases: tuple[Basis, ...] = ()
    policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Of how many children something was released, and of how many each field, empty or not."""

    children: int
    fields: Mapping[str, int]
    bases: tuple[Basis, ...]


def disclosed(files: Sequence[DisclosedFile], subjects: frozenset[bytes]) -> list[Disclosed]:
    """All rows about these subjects, file by file.

    Raises:
        StorageError: a file cannot be read, or says something that the ledger does not explain.
    """
    some = (files[start : start + FILES_AT_ONCE] for start in range(0, len(files), FILES_AT_ONCE))
    return [row for batch in some for row in _in_files(batch, sorted(subjects))]


def counted(file: DisclosedFile) -> Counted:
    """StorageError as above."""
    return _read([file], _count)


def released_to(file: DisclosedFile, subjects: Sequence[bytes]) -> dict[bytes, tuple[str, ...]]:
    """Those of the subjects of whom something was released, and which fields, in the order of the output. StorageError as above."""
    return _read([file], lambda files: _released_of(files, subjects))


def everybody(file: DisclosedFile) -> frozenset[bytes]:
    """All of whom something was released. StorageError as above."""
    return _read([file], _everybody)


def in_scope(file: DisclosedFile) -> frozenset[bytes]:
    """All whom it says anything of, withheld or not. StorageError as above."""
    return _read([file], _in_scope)


def asked(file: DisclosedFile, condition: str, values: Mapping[str, Value]) -> list[bytes]:
    """The subjects of rows for which an SQL condition of our own words holds. StorageError as above."""
    # the condition is about what was recorded, and what is told is what they are known by now
    return _read([file], lambda opened: opened.recorded(condition, values))


def _in_files(files: Sequence[DisclosedFile], subjects: list[bytes]) -> list[Disclosed]:
    try:
        return _read(files, lambda opened: list(_asked(opened, subjects)))
    except StorageError:
        if len(files) == 1:
            raise
    # the engine does not say which of them it was
    return [row for file in files for row in _in_files([file], subjects)]


def _read(files: Sequence[DisclosedFile], ask: Callable[["_Open"], Answer]) -> Answer:
    try:
        with ExitStack() as stack:
            named = {f"/dev/fd/{stack.enter_context(file.path.open('rb')).fileno()}": file for file in files}
            session = stack.enter_context(Session.opened(memory_mb=MEMORY_MB, threads=2, files=tuple(named)))
            return ask(_Open(session, named))
    except _UNREADABLE as error:
        raise StorageError(
            f"the disclosures of {files[0].transfer} cannot be read", remedy="restore the file from the last backup"
        ) from error


@dataclass(frozen=True, slots=True)
class _Open:
    session: Session
    files: Mapping[str, DisclosedFile]

    @property
    def source(self) -> str:
        """(filename, subject, verdict) of all rows, in SQL."""
        alike: dict[str, list[str]] = {}
        # the first file's type is what the engine reads all with: the widest verdicts come first
        for name, file in sorted(self.files.items(), key=lambda named: named[1].single_fields, reverse=True):
            alike.setdefault(file.subject, []).append(name)
        if list(alike) == [_AS_RECORDED]:
            return _parquet(alike[_AS_RECORDED])
        selects = (
            f"SELECT filename, {subject} AS subject, verdict FROM {_parquet(names)}"  # noqa: S608 - descriptors
            for subject, names in alike.items()
        )
        return f"({' UNION ALL '.join(selects)})"

    def rows(self, query: str, values: Mapping[str, Value] | None = None) -> list[tuple[Any, ...]]:
        """`values` beside the register's keys, which are the same for all files."""
        return self.session.rows(query, {**(values or {}), **bound(next(iter(self.files.values())).key)})

    def recorded(self, condition: str, values: Mapping[str, Value]) -> list[bytes]:
        (file,) = self.files.values()
        query = f"SELECT {file.subject} FROM {_parquet(self.files)} WHERE {condition} ORDER BY 1"  # noqa: S608 - a descriptor
        return [subject for (subject,) in self.rows(query, values)]


def _parquet(names: Iterable[str]) -> str:
    quoted = "', '".join(names)
    return f"read_parquet(['{quoted}'], filename = true)"


@lru_cache(1024)
def _page(meta: str) -> Mapping[str, Any]:
    """Hundreds of files were judged by a few policies."""
    return parse_meaning(meta)


def _everybody(opened: _Open) -> frozenset[bytes]:
    (file,) = opened.files.values()
    page = _page(file.meta)
    there = opened.rows(f"SELECT DISTINCT verdict FROM {opened.source}")  # noqa: S608 - a descriptor
    giving = [verdict for (verdict,) in there if said(page, verdict).released]
    query = f"SELECT subject FROM {opened.source} WHERE verdict IN (SELECT unnest($giving::BIGINT[]))"  # noqa: S608 - a descriptor
    return frozenset(subject for (subject,) in opened.rows(query, {"giving": giving}))


def _in_scope(opened: _Open) -> frozenset[bytes]:
    query = f"SELECT DISTINCT subject FROM {opened.source}"  # noqa: S608 - a descriptor
    return frozenset(subject for (subject,) in opened.rows(query))


def _asked(opened: _Open, subjects: list[bytes]) -> Iterator[Disclosed]:
    # a condition a subject, so that the engine skips row groups by their first and last subjects
    wanted = " OR ".join(f"subject = $subject_{number}" for number in range(len(subjects))) or "false"
    query = f"SELECT filename, subject, verdict FROM {opened.source} WHERE {wanted} ORDER BY subject, verdict"  # noqa: S608 - descriptors
    found = opened.rows(query, {f"subject_{number}": value for number, value in enumerate(subjects)})
    for name, file in opened.files.items():
        for subject, verdict in ((subject, verdict) for there, subject, verdict in found if there == name):
            page = _page(file.meta)
            told = said(page, verdict)
            yield Disclosed(
                transfer=file.transfer,
                subject=subject,
                released=frozenset(told.released),
                withheld=told.withheld,
                bases=parsed_bases(page),
                policy=page["policy"],
            )


def _count(opened: _Open) -> Counted:
    (file,) = opened.files.values()
    page, fields, children = _page(file.meta), dict[str, int](), 0
    query = f"SELECT verdict, count(*) FROM {opened.source} GROUP BY verdict ORDER BY verdict"  # noqa: S608 - a descriptor
    for verdict, count in opened.rows(query):
        released = said(page, verdict).released
        children += count if released else 0
        for field in released:
            fields[field] = fields.get(field, 0) + count
    return Counted(children=children, fields=fields, bases=parsed_bases(page))


def _released_of(opened: _Open, subjects: Sequence[bytes]) -> dict[bytes, tuple[str, ...]]:
    (file,) = opened.files.values()
    page = _page(file.meta)
    query = f"SELECT subject, verdict FROM {opened.source} WHERE subject IN (SELECT unnest($subjects::BLOB[]))"  # noqa: S608 - a descriptor
    found = opened.rows(query, {"subjects": list(subjects)})
    told = {verdict: said(page, verdict).released for verdict in {verdict for _, verdict in found}}
    return {subject: told[verdict] for subject, verdict in found if told[verdict]}
