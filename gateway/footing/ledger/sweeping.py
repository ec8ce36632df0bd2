"""The whole log for whoever verifies it: plain rows, and questions that the database answers by itself."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from sqlalchemy import Integer, bindparam, func, or_, select, text

from gateway.footing.ledger.leaves import PURGED
from gateway.footing.ledger.prepared import Prepared
from gateway.footing.ledger.schema import checkpoint, leaf, node
from gateway.footing.ledger.store import Transaction

_LEAVES = Prepared(select(leaf.c.at, leaf.c.body, leaf.c.hash).order_by(leaf.c.leaf_index))
_LOWEST = select(func.min(leaf.c.leaf_index))
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
# kind and route as one: a window looks back for each column that it is asked for
_STEPS = text("""
select distinct before, step from (
  select step, lag(step) over (partition by transfer order by leaf_index) as before from (
    select transfer, leaf_index, kind || ' ' || coalesce(route, '') as step
    from leaf where transfer is not null and kind in :rungs
  ) as rungs
) as steps
""").bindparams(bindparam("rungs", expanding=True))
# Canonical JSON has the time at its beginning, and kind, route and transfer at its end: {tail}, whose length is told
# by its parts. What would be spelled with an escape is not found there; no receipt of ours has any.
_TAIL = """coalesce(
  '}},"kind":"' || kind || '","route":"' || route || '","transfer":"' || transfer || '"' || :end,
  '}},"kind":"' || kind || '","route":' || coalesce('"' || route || '"', 'null')
    || ',"transfer":' || coalesce('"' || transfer || '"', 'null') || :end
)"""
_FIXED = len('},"kind":"","route":"","transfer":""')
_LENGTH = "length(kind) + coalesce(length(route), 2) + coalesce(length(transfer), 2) + :fixed"
_SAYS_ANOTHER = """
select leaf_index from leaf where not coalesce({of_its_kind} and case
  when length(body) = 0 then kind = :purged and route is null and transfer is null
  else substr(body, 8, 20) = {at} and substr(body, length(body) - ({length}) + 1) = {tail}
end, false) limit 1
"""
_BYTES = {"sqlite": "cast({} as blob)", "postgresql": "convert_to({}, 'UTF8')"}
# SQLite keeps bytes where text belongs, of the same letters and found by nobody, or text where bytes do; every text
# sorts before any bytes
_OF_ITS_KIND = {
    "sqlite": "at < x'' and kind < x'' and coalesce(route, '') < x'' and coalesce(transfer, '') < x'' and body >= x''",
    "postgresql": "true",
}
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
    """(at, body, hash) in order, so many at a time; the file may hold anything there."""
    return _LEAVES.batches(tx, size)


def lowest(tx: Transaction) -> int | None:
    """The first index of a leaf: with the highest, and their count, it tells whether one is missing."""
    found = tx.execute(_LOWEST).scalar()
    return None if found is None else int(found)


def says_another(tx: Transaction, *, ending: str) -> bool:
    """Whether any leaf has a column that its body, which has this `ending`, does not bear out, or that is no text."""
    name = tx.dialect.name
    asked = _SAYS_ANOTHER.format(
        of_its_kind=_OF_ITS_KIND[name],
        at=_BYTES[name].format("at"),
        tail=_BYTES[name].format(_TAIL.format()),
        length=_LENGTH,
    )
    told = {"purged": PURGED, "end": ending, "fixed": _FIXED + len(ending)}
    return tx.execute(text(asked), told).first() is not None


def level(tx: Transaction, wanted: int) -> Iterator[bytes]:
    return chain.from_iterable(_LEVEL.streamed(tx, at_level=wanted))


def checkpoints(tx: Transaction, *, after: int, each: int) -> Iterator[tuple[Any, ...]]:
    """(size, root, note, its time, its last leaf's time) of those above `after`, and of every one whose size is a multiple of `each`."""
    return _CHECKPOINTS.streamed(tx, after=after, each=each)


def kinds(tx: Transaction) -> list[tuple[str, bool]]:
    """Every kind of leaf, and whether it is about a transfer."""
    return [(kind, bool(has)) for kind, has in tx.execute(_KINDS)]


def steps(tx: Transaction, rungs: Iterable[str]) -> list[tuple[str | None, str]]:
    """Every pair of rungs that follow each other on some transfer, each as kind, a space, and its route if it has any."""
    return [(before, step) for before, step in tx.execute(_STEPS, {"rungs": sorted(rungs)})]


def is_wrongly_listed(tx: Transaction, rungs: Iterable[str]) -> bool:
    """A transfer that is listed where its last rung is not, or not at all."""
    return tx.execute(_WRONGLY_LISTED, {"rungs": sorted(rungs)}).first() is not None
