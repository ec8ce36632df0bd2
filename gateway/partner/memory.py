"""What a receiver has answered and disposed of, and the newest checkpoint it has cosigned: one SQLite file.

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
from typing import Any, Literal, Self, cast

from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import TransferId

_STEPS = (
    """
create table answer (transfer text primary key, route text not null, sequence integer not null, envelope text not null,
                     body blob not null, signature blob not null) strict, without rowid;
create index answer_number on answer (route, sequence);
create table cosigned (one integer primary key check (one = 1), note text not null) strict
""",
    """
alter table answer add column place text not null default 'file';
create table disposal (transfer text primary key references answer, body blob, signature blob,
                       check ((body is null) = (signature is null))) strict, without rowid
""",
)
"""From nothing to version 1, from 1 to 2. A disposal without an answer is begun, and not yet done."""
Place = Literal["file", "database", "nowhere"]
"""Where the data of a parcel went; a rejected one's nowhere."""


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

    def last_place(self, route: str) -> Place | None:
        """Where the data of a route went last; None if there was none yet."""
        rows = self._rows(
            "select place from answer where route = ? and place <> 'nowhere' order by sequence desc limit 1", route
        )
        return cast("Place", rows[0][0]) if rows else None

    def record(
        self,
        transfer: TransferId,
        route: str,
        sequence: int,
        given: Given,
        cosigned: str | None,
        *,
        place: Place = "nowhere",
    ) -> None:
        """An answer, where its data went, and what we vouch for with it, in one commit."""
        with self._writing():
            self._db.execute(
                "insert into answer values (?, ?, ?, ?, ?, ?, ?)",
                (transfer, route, sequence, str(given.envelope), given.body, given.signature, place),
            )
            if cosigned is not None:
                self._db.execute(
                    "insert into cosigned values (1, ?) on conflict (one) do update set note = excluded.note",
                    (cosigned,),
                )

    def held(self, place: Place) -> tuple[TransferId, ...]:
        """The parcels whose data went to `place` and was not disposed of so far, oldest number first."""
        rows = self._rows(
            "select transfer from answer where place = ? and transfer not in (select transfer from disposal)"
            " order by route, sequence",
            place,
        )
        return tuple(TransferId(row[0]) for row in rows)

    def begin_disposal(self, transfer: TransferId) -> None:
        """From now on its data goes, and nothing of it is to be found missing by surprise."""
        with self._writing():
            self._db.execute("insert or ignore into disposal (transfer) values (?)", (transfer,))

    def begun_disposals(self) -> tuple[TransferId, ...]:
        return tuple(TransferId(row[0]) for row in self._rows("select transfer from disposal where body is null"))

    def record_disposal(self, transfer: TransferId, body: bytes, signature: bytes) -> None:
        """The signed answer that nothing is left of a parcel; the first one stands."""
        with self._writing():
            self._db.execute(
                "insert into disposal values (?1, ?2, ?3) on conflict (transfer)"
                " do update set body = ?2, signature = ?3 where body is null",
                (transfer, body, signature),
            )

    def disposals(self) -> tuple[tuple[TransferId, bytes, bytes], ...]:
        """All answers of this kind that were ever given: transfer, answer, signature."""
        rows = self._rows("select transfer, body, signature from disposal where body is not null")
        return tuple((TransferId(transfer), body, signature) for transfer, body, signature in rows)

    def _rows(self, statement: str, *values: str | int) -> list[tuple[Any, ...]]:
        with _storage():
            return self._db.execute(statement, values).fetchall()

    def _prepare(self) -> None:
        with _storage():
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
        with self._writing():
            version = self._db.execute("pragma user_version").fetchone()[0]
            if version > len(_STEPS):
                raise StorageError("the receiver's memory was written by a later version of the gateway")
            for statement in ";".join(_STEPS[version:]).split(";"):
                self._db.execute(statement)
            self._db.execute(f"pragma user_version = {len(_STEPS)}")

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
