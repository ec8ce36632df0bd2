"""By what the secrets are known again that recorded things were made with: a value for each role and generation."""

from sqlalchemy import bindparam, insert, select

from gateway.footing.ledger.prepared import Prepared
from gateway.footing.ledger.schema import key_check
from gateway.footing.ledger.store import Transaction

_OF_ROLE = Prepared(select(key_check.c.generation, key_check.c.value).where(key_check.c.role == bindparam("wanted")))
_ROLES = Prepared(select(key_check.c.role).distinct())


def recorded(tx: Transaction, role: str) -> dict[int, str]:
    """By generation, from 1 on; none before anything was recorded with it."""
    return {int(generation): value for generation, value in _OF_ROLE.rows(tx, wanted=role)}


def roles(tx: Transaction) -> frozenset[str]:
    """Those of which any is recorded."""
    return frozenset(role for (role,) in _ROLES.rows(tx))


def record(tx: Transaction, role: str, generation: int, value: str) -> None:
    tx.execute(insert(key_check), {"role": role, "generation": generation, "value": value})
