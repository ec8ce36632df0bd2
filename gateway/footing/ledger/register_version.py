"""One number that every decision and hold raises: a snapshot of the register is current while it stands."""

from sqlalchemy import select, update

from gateway.footing.ledger.schema import register_version
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary.errors import StorageError

_READ = select(register_version.c.version)
_RAISE = update(register_version).values(version=register_version.c.version + 1)


def version(tx: Transaction) -> int:
    found = tx.execute(_READ).scalar()
    if found is None:
        raise StorageError("the register's version is missing from the ledger", remedy="restore the last backup")
    return int(found)


def bump(tx: Transaction) -> None:
    tx.execute(_RAISE)
