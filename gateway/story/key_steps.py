"""What a person does to have another signing key in the place of one: who has to be told of it before, and who not."""

from typing import Final

SEEN_BY_PREPARE_ALONE: Final = "observation"
"""Deliver signs what it observed with it: no partner ever sees that key."""


def key_steps(role: str, *, following: bool) -> str:
    """`following`: the key that follows is made already."""
    rotate = f"gateway keys rotate {role}"
    if role == SEEN_BY_PREPARE_ALONE:
        return rotate if following else f"gateway keys new {role}, then: {rotate}"
    if following:
        return f"once every partner has the key that follows: {rotate}"
    return f"gateway keys new {role}, tell the partners of it, then: {rotate}"
