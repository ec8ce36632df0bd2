"""What a receiver has answered, and the newest checkpoint that it has cosigned: one SQLite file.

An answer is stored, signed, before it is shown: whatever happens afterwards, the same parcel
gets the same answer again, byte for byte. With WAL and synchronous FULL, what returns has
happened. If the file is lost, the receiver would take old parcels for new, and could not tell
a rewritten log from the real one: restore it, and set `first` in receiver.toml if you cannot.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import TransferId

_VERSION = 1
_TABLES = """
create table answer (transfer text primary key, route text not null, sequence integer not null, envelope text not null,
                     body blob not null, signature blob not null) strict, without rowid;
create index answer_number on answer (route, sequence);
create table cosigned (one integer primary key check (one = 1), note text not null) strict;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer that was given, as its two files hold it."""

    envelope: Digest
    body: bytes
    signature: bytes


class Memory:
    """The store, open. StorageError from every method if the disk or the file fails."""

    def __init__(self, path: Path) -> None:
        with _storage():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def expected(self, route: str, first: Mapping[str, int]) -> int:
        """The lowest number of a route that has not been answered, counted from 1 or from its `first`."""
        begin = first.get(route, 1)
        found = self._rows(
            "select min(number) from (select ? as number union select sequence + 1 from answer"
            " where route = ? and sequence >= ?) where number not in (select sequence from answer where route = ?)",
            begin, route, begin, route,
        )  # fmt: skip
        return int(found[0][0])

    def given(self, transfer: TransferId) -> Given | None:
        rows = self._rows("select envelope, body, signature from answer where transfer = ?", transfer)
        return Given(envelope=Digest.parse(rows[0][0]), body=rows[0][1], signature=rows[0][2]) if rows else None

    def cosigned(self) -> str | None:
        """The newest checkpoint that we have cosigned, as a note."""
        rows = self._rows("select note from cosigned")
        return str(rows[0][0]) if rows else None

    def record(self, transfer: TransferId, route: str, sequence: int, given: Given, cosigned: str | None) -> None:
        """An answer and what we vouch for with it, in one commit."""
        with self._writing():
            self._db.execute(
                "insert into answer values (?, ?, ?, ?, ?, ?)",
                (transfer, route, sequence, str(given.envelope), given.body, given.signature),
            )
            if cosigned is not None:
                self._db.execute(
                    "insert into cosigned values (1, ?) on conflict (one) do update set note = excluded.note",
                    (cosigned,),
                )

    def _rows(self, statement: str, *values: str | int) -> list[tuple[Any, ...]]:
        with _storage():
            return self._db.execute(statement, values).fetchall()

    def _prepare(self) -> None:
        with _storage():
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
        with self._writing():
            version = self._db.execute("pragma user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise StorageError("the receiver's memory was written by another version of the gateway")
            if version == 0:
                for statement in _TABLES.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"pragma user_version = {_VERSION}")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _storage():
            self._db.execute("begin immediate")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:
                    self._db.rollback()
                raise


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StorageError(
            "the receiver's memory failed", remedy="check the disk's space, rights and health"
        ) from error
