"""Children who must not be disclosed, by the pseudonyms they are recognised by. Lifted, never deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from gateway.footing.ledger import register_version
from gateway.footing.ledger.schema import hold, hold_identifier
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary.errors import StorageError


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """`reviewer` is a key's fingerprint or a user's number; `reason` a slug."""

    id: int
    added: datetime
    lifted: datetime | None
    reviewer: str
    reason: str


_LISTED = select(*(hold.c[name] for name in HoldRow.__slots__)).order_by(hold.c.id)
_LIVE = (
    select(hold_identifier.c.kind, hold_identifier.c.pseudonym)
    .join(hold)
    .where(hold.c.lifted.is_(None))
    .distinct()
    .order_by(hold_identifier.c.kind, hold_identifier.c.pseudonym)
)
_LIVE_SINCE = _LIVE.where(hold.c.id > bindparam("after"))
_KINDS = (
    select(hold_identifier.c.hold, hold_identifier.c.kind)
    .distinct()
    .order_by(hold_identifier.c.hold, hold_identifier.c.kind)
)


def add(tx: Transaction, identifiers: Iterable[tuple[str, bytes]], *, at: datetime, reviewer: str, reason: str) -> int:
    """The number of the new hold. `identifiers` are (kind, 12-byte pseudonym); one without any would hold nobody."""
    distinct = sorted(set(identifiers))
    if not distinct:
        raise StorageError("a hold needs at least one identifier to be recognised by")
    adding = insert(hold).values(added=at, reviewer=reviewer, reason=reason).returning(hold.c.id)
    number = int(tx.execute(adding).scalar_one())
    tx.execute(insert(hold_identifier), [{"hold": number, "kind": k, "pseudonym": p} for k, p in distinct])
    register_version.bump(tx)
    return number


def lift(tx: Transaction, number: int, *, at: datetime) -> None:
    """StorageError if there is no such hold or it was lifted before: the first time stands."""
    live = update(hold).where(hold.c.id == number, hold.c.lifted.is_(None))
    if tx.execute(live.values(lifted=at)).rowcount != 1:
        raise StorageError(f"there is no hold {number} in force", remedy="'gateway hold list' shows those that are")
    register_version.bump(tx)


def live_identifiers(tx: Transaction, *, added_since: datetime | None = None) -> list[tuple[str, bytes]]:
    """(kind, pseudonym) of every hold in force, each once, in a fixed order; of those added since then, if it is given."""
    query = _LIVE.where(hold.c.added >= added_since) if added_since else _LIVE
    return [(row.kind, row.pseudonym) for row in tx.execute(query)]


def live_since(tx: Transaction, after: int) -> list[tuple[str, bytes]]:
    """The same of those that were added after the hold of this number."""
    return [(row.kind, row.pseudonym) for row in tx.execute(_LIVE_SINCE, {"after": after})]


def listed(tx: Transaction, *, live_only: bool = False) -> list[HoldRow]:
    query = _LISTED.where(hold.c.lifted.is_(None)) if live_only else _LISTED
    return [HoldRow(**row) for row in tx.execute(query).mappings()]


def kinds(tx: Transaction) -> dict[int, tuple[str, ...]]:
    """By number of the hold, what sorts of identifiers it is recognised by."""
    found: dict[int, tuple[str, ...]] = {}
    for number, kind in tx.execute(_KINDS):
        found[number] = (*found.get(number, ()), kind)
    return found
