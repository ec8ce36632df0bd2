"""What deliver remembers, from its file into an empty schema: in one transaction, and read back before it ends."""

from gateway.deliver.store import TABLES, Store
from gateway.vocabulary.errors import StorageError


def copy(source: Store, target: Store) -> int:
    """How many rows there are.

    Raises:
        StorageError: the target is not empty, or does not hold afterwards what the source does; nothing was written.
    """
    with source.writing(), target.writing():
        if any(target.rows(f"select 1 from {table} limit 1") for table in TABLES):  # noqa: S608 - names of ours
            raise StorageError("deliver has a store there already", remedy="make an empty one; nothing was moved")
        return sum(_copied(source, target, table) for table in TABLES)


def _copied(source: Store, target: Store, table: str) -> int:
    rows = source.rows(f"select * from {table}")  # noqa: S608 - a name of ours
    if rows:
        places = ", ".join("?" * len(rows[0]))
        target.db.executemany(f"insert into {table} values ({places})", rows)  # noqa: S608
    arrived = target.rows(f"select * from {table}")  # noqa: S608
    if sorted(map(repr, map(tuple, rows))) != sorted(map(repr, map(tuple, arrived))):
        raise StorageError(f"the table {table} did not arrive as it was", remedy="use the old store; nothing was moved")
    return len(rows)
