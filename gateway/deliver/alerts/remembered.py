"""What deliver remembers of alerts: which batch each is in, what was sent, when a channel is due, what was reported.

    begin     a batch is durable before it is sent: after a crash the same alerts go under the same id
    sent      durable once the channel has taken it; a crash before sends it twice, and never not at all
    failed    the channel is not due again before a time that grows

If it is lost, what was sent is sent once more.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.deliver.store import Store
from gateway.vocabulary import moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.transfer import TransferId

GATHER: Final = timedelta(minutes=5)
"""After a batch has gone out, what comes within this time goes out as one: a burst is one message."""
MOST: Final = 100
NAMED: Final = 32
_KEEP: Final = (
    "insert into alert_channel values (?, ?, ?, ?) on conflict (channel) do update set failures = excluded.failures, "
    "due = excluded.due, error = excluded.error"
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """StorageError from every method if the disk or the file fails."""

    store: Store

    def is_due(self, channel: str, at: datetime) -> bool:
        rows = self.store.rows("select due from alert_channel where channel = ?", channel)
        return not rows or bool(rows[0][0] <= moment.spell(at))

    def failures(self, channel: str) -> int:
        rows = self.store.rows("select failures from alert_channel where channel = ?", channel)
        return int(rows[0][0]) if rows else 0

    def why(self, channels: Collection[str]) -> str:
        """The reason of the one that has failed most."""
        rows = self.store.rows("select failures, error, channel from alert_channel order by failures")
        return next((error for failures, error, name in reversed(rows) if failures and name in channels), "none")

    def begin(self, channel: str, waiting: Iterable[TransferId]) -> tuple[str, tuple[TransferId, ...]]:
        """The batch to send now, which may be the one that a crash or a failure left; empty if there is nothing."""
        wanted = tuple(waiting)
        with self.store.writing():
            known = dict(self.store.db.execute("select id, batch from alert where channel = ?", (channel,)).fetchall())
            select = "select id, batch from alert where channel = ? and sent = 0 order by id"
            pending = set(wanted)
            begun = [(id_, batch) for id_, batch in self.store.db.execute(select, (channel,)) if id_ in pending]
            if begun:
                batch = begun[0][1]
                return batch, tuple(TransferId(id_) for id_, of in begun if of == batch)
            fresh = tuple(one for one in wanted if one not in known)[:MOST]
            batch = str(Digest.of("\n".join(fresh).encode("ascii")))[:NAMED]
            rows = [(one, channel, batch) for one in fresh]
            self.store.db.executemany("insert into alert (id, channel, batch) values (?, ?, ?)", rows)
        return batch, fresh

    def sent(self, channel: str, batch: str, at: datetime) -> None:
        with self.store.writing():
            db = self.store.db
            db.execute("update alert set sent = 1 where channel = ? and batch = ?", (channel, batch))
            db.execute(_KEEP, (channel, 0, moment.spell(at + GATHER), ""))

    def rest(self, channel: str, until: datetime) -> None:
        """It went well, and is not due before then."""
        self.store.write(_KEEP, (channel, 0, moment.spell(until), ""))

    def failed(self, channel: str, error: str, retry_at: datetime) -> None:
        """`error` is a slug."""
        row = (channel, self.failures(channel) + 1, moment.spell(retry_at), error)
        self.store.write(_KEEP, row)

    def is_out(self, alert: TransferId, channels: Collection[str]) -> bool:
        """Every channel has taken it."""
        rows = self.store.rows("select channel from alert where id = ? and sent = 1", alert)
        return bool(channels) and set(channels) <= {channel for (channel,) in rows}

    def is_news(self, alert: TransferId, outcome: str) -> bool:
        return not self.store.rows("select 1 from alert_told where id = ? and outcome = ?", alert, outcome)

    def told(self, alert: TransferId, outcome: str) -> None:
        self.store.write("insert into alert_told values (?, ?) on conflict do nothing", (alert, outcome))

    def forget_all_but(self, pending: Collection[TransferId]) -> None:
        """Prepare has taken the others away: nobody will ask of them again."""
        known = {id_ for (id_,) in self.store.rows("select id from alert union select id from alert_told")}
        gone = [(id_,) for id_ in known - set(pending)]
        if gone:
            with self.store.writing():
                self.store.db.executemany("delete from alert where id = ?", gone)
                self.store.db.executemany("delete from alert_told where id = ?", gone)
