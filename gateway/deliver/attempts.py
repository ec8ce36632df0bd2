"""What deliver remembers of each transfer: attempts, intents, when to try again, what prepare was told.

    begin            an attempt's number is durable before anything is sent, and never used again
    record_intent    durable before the rename: what a successor must know after a crash
    never_left       durable before a successor uploads: what the intents were about cannot happen any more
    settled, doubt, block   nothing more is sent: delivered, perhaps delivered, or refused; for the first
                     two the partner's answer is still looked for
    answered         an answer to what was delivered was passed on
    told             what has been reported, so that it is not reported again at every round

If the store is lost, attempts start at 1 again; the final names at the partner still prevent a
second delivery, but an `in-doubt` could not be told any more: restore it, do not delete it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from gateway.deliver.store import Store
from gateway.vocabulary import moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import Overtaken
from gateway.vocabulary.transfer import TransferId

ASKED_AT_ONCE = 500
_OPEN, _SETTLED, _ANSWERED, _IN_DOUBT, _BLOCKED = "open", "settled", "answered", "in-doubt", "blocked"
_GIVEN = (_SETTLED, _ANSWERED, _IN_DOUBT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A new attempt, and what the ones before it left behind."""

    number: int
    earlier: tuple[int, ...]
    intent_recorded: bool
    alike: tuple[int, ...] = ()
    """Those of the earlier ones that carried the very same content: what they wrote may be gone on with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Those that are due, and those whose partner has them, or may have them."""

    due: frozenset[TransferId]
    awaited: frozenset[TransferId]


class Attempts:
    """StorageError from every method if the disk or the file fails."""

    def __init__(self, place: Path | str) -> None:
        """`place` is a file, or the URL of a PostgreSQL."""
        self.store = Store(place)

    def close(self) -> None:
        self.store.close()

    def begin(self, transfer: TransferId, content: Digest | None = None) -> Begun:
        """The next attempt; its number is durable when this returns. `content` is the envelope's digest."""
        carried = str(content or "")
        with self.store.writing():
            db = self.store.db
            db.execute("insert into transfer values (?, ?, '') on conflict do nothing", (transfer, _OPEN))
            select = "select number, intent, content from attempt where transfer = ? order by number"
            rows = db.execute(select, (transfer,)).fetchall()
            number = rows[-1][0] + 1 if rows else 1
            db.execute("insert into attempt (transfer, number, content) values (?, ?, ?)", (transfer, number, carried))
        return Begun(
            number=number,
            earlier=tuple(row[0] for row in rows),
            intent_recorded=any(row[1] for row in rows),
            alike=tuple(row[0] for row in rows if carried and row[2] == carried),
        )

    def check_newest(self, transfer: TransferId, number: int) -> None:
        """Overtaken if another attempt has begun since: whoever was frozen has nothing to release any more."""
        if self.store.rows("select 1 from attempt where transfer = ? and number > ?", transfer, number):
            raise Overtaken("another attempt at this parcel has begun since", remedy="it goes on by itself")

    def record_intent(self, transfer: TransferId, number: int) -> None:
        """Overtaken, and nothing is recorded, unless it is the newest: the same commit asks and writes."""
        with self.store.writing():
            self.check_newest(transfer, number)
            self.store.db.execute("update attempt set intent = 1 where transfer = ? and number = ?", (transfer, number))

    def never_left(self, transfer: TransferId) -> None:
        """Somebody looked: what the intents were about did not happen, and will not."""
        self.store.write("update attempt set intent = 0 where transfer = ?", (transfer,))

    def failed(self, transfer: TransferId, number: int, error: str, at: datetime, retry_at: datetime) -> None:
        """`error` is a slug; the transfer is not due again before `retry_at`."""
        with self.store.writing():
            self.store.db.execute(
                "update attempt set error = ?, at = ? where transfer = ? and number = ?",
                (error, moment.spell(at), transfer, number),
            )
            self.store.db.execute("update transfer set due = ? where id = ?", (moment.spell(retry_at), transfer))

    def settled(self, transfer: TransferId) -> None:
        """It was delivered, and reported."""
        self._put_down(transfer, _SETTLED)

    def doubt(self, transfer: TransferId) -> None:
        """It may have been delivered: a person decides, or the partner's answer does."""
        self._put_down(transfer, _IN_DOUBT)

    def answered(self, transfer: TransferId) -> None:
        """What was in doubt stays so: whether its answer counts, only prepare knows."""
        self.store.write("update transfer set state = ? where id = ? and state = ?", (_ANSWERED, transfer, _SETTLED))

    def block(self, transfer: TransferId) -> None:
        """Nothing more by itself: a person has to look."""
        self._put_down(transfer, _BLOCKED)

    def retry(self, transfer: TransferId) -> None:
        """A person says so: due at once. What was settled stays settled."""
        self.store.write(
            "update transfer set state = ?, due = '' where id = ? and state not in (?, ?)",
            (_OPEN, transfer, _SETTLED, _ANSWERED),
        )

    def awaits_answer(self, transfer: TransferId) -> bool:
        """The partner has it, or may have it."""
        return self._state(transfer)[0] in _GIVEN

    def is_unanswered(self, transfer: TransferId) -> bool:
        """The partner has it or may have it, whatever a person has said of it since, and has not answered yet."""
        return self._state(transfer)[0] in (_SETTLED, _IN_DOUBT)

    def standing(self, transfers: Iterable[TransferId], at: datetime) -> Standing:
        """Of many in few questions, what `is_due` and `awaits_answer` say of one."""
        due, awaited, wanted, now = set[TransferId](), set[TransferId](), iter(transfers), moment.spell(at)
        while some := tuple(islice(wanted, ASKED_AT_ONCE)):
            marks = ", ".join("?" * len(some))
            rows = self.store.rows(f"select id, state, due from transfer where id in ({marks})", *some)  # noqa: S608 - marks only
            states = {row[0]: (row[1], row[2]) for row in rows}
            for transfer in some:
                state, when = states.get(transfer, (_OPEN, ""))
                if _is_due(state, when, now):
                    due.add(transfer)
                elif state in _GIVEN:
                    awaited.add(transfer)
        return Standing(due=frozenset(due), awaited=frozenset(awaited))

    def intent_recorded(self, transfer: TransferId) -> bool:
        """An attempt came as far as its intent: its rename may have happened."""
        return bool(self.store.rows("select 1 from attempt where transfer = ? and intent = 1", transfer))

    def is_due(self, transfer: TransferId, at: datetime) -> bool:
        state, due = self._state(transfer)
        return _is_due(state, due, moment.spell(at))

    def is_news(self, transfer: TransferId, *parts: bytes) -> bool:
        """Whether `told` was never called with the same parts."""
        digest = _digest_of(parts)
        return not self.store.rows("select 1 from told where transfer = ? and digest = ?", transfer, digest)

    def told(self, transfer: TransferId, *parts: bytes) -> None:
        self.store.write("insert into told values (?, ?) on conflict do nothing", (transfer, _digest_of(parts)))

    def _state(self, transfer: TransferId) -> tuple[str, str]:
        rows = self.store.rows("select state, due from transfer where id = ?", transfer)
        return (rows[0][0], rows[0][1]) if rows else (_OPEN, "")

    def _put_down(self, transfer: TransferId, state: str) -> None:
        self.store.write(
            "insert into transfer values (?, ?, '') on conflict (id) do update set state = excluded.state",
            (transfer, state),
        )


def _is_due(state: str, due: str, now: str) -> bool:
    return state == _OPEN and due <= now


def _digest_of(parts: tuple[bytes, ...]) -> str:
    return str(Digest.of(b"".join(Digest.of(part).raw for part in parts)))
