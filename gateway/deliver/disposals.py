"""Whose second answer is awaited: that nothing is left of a parcel. It comes months after the order has ended.

If the store is lost, disposals of older parcels are not collected any more; the partner's signed
answers still lie there.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.deliver.store import Store
from gateway.vocabulary import moment
from gateway.vocabulary.transfer import TransferId

EVERY: Final = timedelta(hours=6)
"""Between two looks."""
AWAITED_FOR: Final = timedelta(days=7 * 366)
"""As long as evidence is kept, and a year: who has not answered by then will not."""


@dataclass(frozen=True, slots=True)
class Disposals:
    store: Store

    def expect(self, transfer: TransferId, route: str, partner: str, at: datetime) -> None:
        """From now on; asking for it a second time changes nothing."""
        self.store.write(
            "insert into disposal values (?, ?, ?, ?, ?) on conflict do nothing",
            (transfer, route, partner, moment.spell(at + AWAITED_FOR), moment.spell(at + EVERY)),
        )

    def due(self, at: datetime) -> dict[tuple[str, str], frozenset[TransferId]]:
        """By route and partner, what is to be looked for now."""
        now = moment.spell(at)
        found: dict[tuple[str, str], set[TransferId]] = {}
        select = "select route, partner, transfer from disposal where due <= ? and until > ?"
        for route, partner, transfer in self.store.rows(select, now, now):
            found.setdefault((route, partner), set()).add(TransferId(transfer))
        return {where: frozenset(transfers) for where, transfers in found.items()}

    def asked(self, transfers: Collection[TransferId], at: datetime) -> None:
        with self.store.writing():
            self.store.db.executemany(
                "update disposal set due = ? where transfer = ?",
                [(moment.spell(at + EVERY), transfer) for transfer in transfers],
            )
