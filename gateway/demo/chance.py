"""Chance that falls the same way on every Python: only `Random.random` is promised to, so all rests on it."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


def below(random: Random, limit: int) -> int:
    """0 or more, less than `limit`."""
    return int(random.random() * limit)


def pick(random: Random, items: Sequence[Item]) -> Item:
    return items[below(random, len(items))]


def shuffled(random: Random, items: Sequence[Item]) -> list[Item]:
    """Fisher and Yates."""
    mixed = list(items)
    for last in range(len(mixed) - 1, 0, -1):
        other = below(random, last + 1)
        mixed[last], mixed[other] = mixed[other], mixed[last]
    return mixed
