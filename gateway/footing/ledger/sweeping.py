"""The whole log for whoever verifies it: plain rows, and questions that the database answers by itself."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Integer, bindparam, or_, select, text

from gateway.footing.ledger.prepared import Prepared
from gateway.footing.ledger.schema import checkpoint, leaf, node
from gateway.footing.ledger.store import Transaction

_LEAVES = Prepared(
    select(leaf.c.leaf_index, leaf.c.at, leaf.c.kind, leaf.c.route, leaf.c.transfer, leaf.c.body, leaf.c.hash).order_by(
        leaf.c.leaf_index
    )
)
_LEVEL = Prepared(select(node.c.hash).where(node.c.level == bindparam("at_level")).order_by(node.c.node_index))
_CHECKPOINTS = Prepared(
    select(checkpoint.c.size, checkpoint.c.root, checkpoint.c.note, checkpoint.c.at, leaf.c.at.label("at_leaf"))
    .join(leaf, leaf.c.leaf_index == checkpoint.c.size - 1)
    .where(
        or_(
            checkpoint.c.size > bindparam("after", type_=Integer),
            checkpoint.c.size % bindparam("each", type_=Integer) == 0,
        )
    )
    .order_by(checkpoint.c.size)
)

_KINDS = text("select distinct kind, transfer is not null from leaf")
_STEPS = text("""
select distinct before, kind, same from (
  select kind, lag(kind) over one as before,
    route is not null and (lag(route) over one is null or lag(route) over one = route) as same
  from leaf where transfer is not null and kind in :rungs
  window one as (partition by transfer order by leaf_index)
) as steps
""").bindparams(bindparam("rungs", expanding=True))
# no column of a standing is null, so what is not equal is either another or null
_WRONGLY_LISTED = text("""
select standing.transfer from standing left join leaf on leaf.leaf_index = standing.leaf_index
where leaf.transfer is null or leaf.transfer <> standing.transfer or leaf.kind <> standing.stage
  or leaf.route is null or leaf.route <> standing.route
  or exists (select 1 from leaf as later where later.transfer = standing.transfer
             and later.leaf_index > standing.leaf_index and later.kind in :rungs)
union all
select transfer from (select distinct transfer from leaf where transfer is not null) as known
where not exists (select 1 from standing where standing.transfer = known.transfer)
  and exists (select 1 from leaf where leaf.transfer = known.transfer and kind in :rungs)
limit 1
""").bindparams(bindparam("rungs", expanding=True))


def leaves(tx: Transaction, size: int) -> Iterator[list[tuple[Any, ...]]]:
    """(index, at, kind, route, transfer, body, hash) in order, so many at a time; the file may hold anything there."""
    return _LEAVES.batches(tx, size)


def level(tx: Transaction, wanted: int) -> Iterator[tuple[bytes]]:
    return _LEVEL.streamed(tx, at_level=wanted)


def checkpoints(tx: Transaction, *, after: int, each: int) -> Iterator[tuple[Any, ...]]:
    """(size, root, note, its time, its last leaf's time) of those above `after`, and of every one whose size is a multiple of `each`."""
    return _CHECKPOINTS.streamed(tx, after=after, each=each)


def kinds(tx: Transaction) -> list[tuple[str, bool]]:
    """Every kind of leaf, and whether it is about a transfer."""
    return [(kind, bool(has)) for kind, has in tx.execute(_KINDS)]


def steps(tx: Transaction, rungs: Iterable[str]) -> list[tuple[str | None, str, bool]]:
    """Every pair of rungs that follow each other on some transfer, and whether on the same route."""
    return [(before, kind, bool(same)) for before, kind, same in tx.execute(_STEPS, {"rungs": sorted(rungs)})]


def is_wrongly_listed(tx: Transaction, rungs: Iterable[str]) -> bool:
    """A transfer that is listed where its last rung is not, or not at all."""
    return tx.execute(_WRONGLY_LISTED, {"rungs": sorted(rungs)}).first() is not None
