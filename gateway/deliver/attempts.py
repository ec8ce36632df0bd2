"""What deliver remembers: attempts, intents, when to try again, what prepare was told. Its own store.

    begin            an attempt's number is durable before anything is sent, and never used again
    record_intent    durable before the rename: what a successor must know after a crash
    settled, doubt, block   nothing more is sent: delivered, perhaps delivered, or refused; for the first
                     two the partner's answer is still looked for
    told             what has been reported, so that it is not reported again at every round

SQLite with WAL and synchronous FULL: what returns has happened. It holds identifiers,
times and error slugs; never the ledger's facts, never anything of a child. If it is lost,
attempts start at 1 again; the final names at the partner still prevent a second delivery,
but an `in-doubt` could not be told any more: restore it, do not delete it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.vocabulary import moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import TransferId

_VERSION = 1
_TABLES = """
create table transfer (id text primary key, state text not null, due text not null) strict, without rowid;
create table attempt (transfer text not null, number integer not null, intent integer not null default 0,
                      error text, at text, primary key (transfer, number)) strict, without rowid;
create table told (transfer text not null, digest text not null, primary key (transfer, digest)) strict, without rowid;
"""
_OPEN, _SETTLED, _IN_DOUBT, _BLOCKED = "open", "settled", "in-doubt", "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A new attempt, and what the ones before it left behind."""

    number: int
    earlier: tuple[int, ...]
    intent_recorded: bool


class Attempts:
    """The store, open. StorageError from every method if the disk or the file fails."""

    def __init__(self, path: Path) -> None:
        with _storage():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            with _storage():
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        self._db.close()

    def begin(self, transfer: TransferId) -> Begun:
        """The next attempt; its number is durable when this returns."""
        with self._writing():
            self._db.execute("insert or ignore into transfer values (?, ?, '')", (transfer, _OPEN))
            rows = self._rows("select number, intent from attempt where transfer = ? order by number", transfer)
            number = rows[-1][0] + 1 if rows else 1
            self._db.execute("insert into attempt (transfer, number) values (?, ?)", (transfer, number))
        return Begun(number=number, earlier=tuple(row[0] for row in rows), intent_recorded=any(row[1] for row in rows))

    def record_intent(self, transfer: TransferId, number: int) -> None:
        with self._writing():
            self._db.execute("update attempt set intent = 1 where transfer = ? and number = ?", (transfer, number))

    def never_left(self, transfer: TransferId) -> None:
        """Somebody looked: what the intents were about did not happen, and will not."""
        with self._writing():
            self._db.execute("update attempt set intent = 0 where transfer = ?", (transfer,))

    def failed(self, transfer: TransferId, number: int, error: str, at: datetime, retry_at: datetime) -> None:
        """`error` is a slug; the transfer is not due again before `retry_at`."""
        with self._writing():
            self._db.execute(
                "update attempt set error = ?, at = ? where transfer = ? and number = ?",
                (error, moment.spell(at), transfer, number),
            )
            self._db.execute("update transfer set due = ? where id = ?", (moment.spell(retry_at), transfer))

    def settled(self, transfer: TransferId) -> None:
        """It was delivered, and reported."""
        self._put_down(transfer, _SETTLED)

    def doubt(self, transfer: TransferId) -> None:
        """It may have been delivered: a person decides, or the partner's answer does."""
        self._put_down(transfer, _IN_DOUBT)

    def block(self, transfer: TransferId) -> None:
        """Nothing more by itself: a person has to look."""
        self._put_down(transfer, _BLOCKED)

    def retry(self, transfer: TransferId) -> None:
        """A person says so: due at once. What was settled stays settled."""
        with self._writing():
            self._db.execute(
                "update transfer set state = ?, due = '' where id = ? and state <> ?", (_OPEN, transfer, _SETTLED)
            )

    def awaits_answer(self, transfer: TransferId) -> bool:
        """The partner has it, or may have it."""
        return self._state(transfer)[0] in (_SETTLED, _IN_DOUBT)

    def intent_recorded(self, transfer: TransferId) -> bool:
        """An attempt came as far as its intent: its rename may have happened."""
        return bool(self._rows("select 1 from attempt where transfer = ? and intent = 1", transfer))

    def is_due(self, transfer: TransferId, at: datetime) -> bool:
        state, due = self._state(transfer)
        return state == _OPEN and due <= moment.spell(at)

    def is_news(self, transfer: TransferId, *parts: bytes) -> bool:
        """Whether `told` was never called with the same parts."""
        digest = _digest_of(parts)
        return not self._rows("select 1 from told where transfer = ? and digest = ?", transfer, digest)

    def told(self, transfer: TransferId, *parts: bytes) -> None:
        with self._writing():
            self._db.execute("insert or ignore into told values (?, ?)", (transfer, _digest_of(parts)))

    def _state(self, transfer: TransferId) -> tuple[str, str]:
        rows = self._rows("select state, due from transfer where id = ?", transfer)
        return (rows[0][0], rows[0][1]) if rows else (_OPEN, "")

    def _put_down(self, transfer: TransferId, state: str) -> None:
        with self._writing():
            self._db.execute(
                "insert into transfer values (?, ?, '') on conflict (id) do update set state = excluded.state",
                (transfer, state),
            )

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with _storage():
            return self._db.execute(statement, values).fetchall()

    def _prepare(self) -> None:
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        with self._writing():
            version = self._db.execute("pragma user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise StorageError("deliver's store was written by another version of the gateway")
            if version == 0:
                for statement in _TABLES.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"pragma user_version = {_VERSION}")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _storage():
            self._db.execute("begin immediate")
        try:
            with _storage():
                yield
                self._db.execute("commit")
        except BaseException:
            if self._db.in_transaction:
                self._db.rollback()
            raise


def _digest_of(parts: tuple[bytes, ...]) -> str:
    return str(Digest.of(b"".join(Digest.of(part).raw for part in parts)))


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StorageError("deliver's store failed", remedy="check the disk's space, rights and health") from error
