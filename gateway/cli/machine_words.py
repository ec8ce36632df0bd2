"""The machines of a gateway in words: which of them works, and which stand by."""

from collections.abc import Iterable, Iterator
from typing import Any

from gateway.footing.turn import Machine
from gateway.vocabulary import moment

ONE = "one machine: 'ledger' and 'deliver_store' in config/gateway.toml are for more"


def table(machines: Iterable[Machine]) -> Iterator[tuple[str, ...]]:
    yield ("half", "machine", "build", "does", "since", "last heard")
    for one in machines:
        does = "works" if one.has_turn else "stands by"
        yield (one.half, one.name, one.build, does, _spelled(one.since), _spelled(one.heard))


def plain(one: Machine) -> dict[str, Any]:
    return {
        "half": one.half, "machine": one.name, "build": one.build, "works": one.has_turn,
        "since": one.since and moment.spell(one.since), "heard": one.heard and moment.spell(one.heard),
    }  # fmt: skip


def _spelled(at: Any) -> str:
    return moment.spell(at) if at else "-"
