"""Every pseudonym that the ledger holds, rewritten when the key behind them is rotated.

Which columns those are, the tables tell themselves: 12 bytes is the size of a pseudonym and of
nothing else. So a table that is added later is not forgotten. All of it happens in one transaction, or none.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from sqlalchemy import Column, LargeBinary, bindparam, select, update

from gateway.footing.ledger import register_version
from gateway.footing.ledger.schema import PSEUDONYM, ledger
from gateway.footing.ledger.store import Transaction

BATCH = 20_000


def rewrite(tx: Transaction, follow: Callable[[bytes], bytes]) -> int:
    """Each pseudonym becomes what `follow` gives for it; how many there were, one a column.

    The distinct ones of a column are held while it is rewritten: a hundred bytes each.
    """
    count = 0
    for column in columns():
        known = iter(tx.execute(select(column).distinct()).scalars().all())
        changing = update(column.table).where(column == bindparam("old")).values({column.name: bindparam("new")})
        while batch := [{"old": bytes(one), "new": follow(bytes(one))} for one in islice(known, BATCH)]:
            tx.execute(changing, batch)
            count += len(batch)
    register_version.bump(tx)
    return count


def columns() -> Iterator[Column[bytes]]:
    for table in ledger.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary) and column.type.length == PSEUDONYM:
                yield column
