"""How an identifier becomes a pseudonym: SHA-256 over key and text, cut to 12 bytes. A room of its own, since workers need no more.

After a rotation of the register's key, once more for each key that followed (`crypto.nesting`).
"""

from collections.abc import Mapping
from typing import Any

from gateway.crypto.nesting import PSEUDONYM, derived


def keyed(message: str, generations: int = 1) -> str:
    """SQL for the pseudonym of an SQL text; the keys are bound, never spelled.

    Key and a UPN fit into one block of SHA-256: a quarter of the work of HMAC, which is what judging a row costs most.
    What HMAC is for, that nobody can append to a message, the cut does: 20 of 32 bytes are never shown (DECISIONS 22).
    """
    return _keyed("$pseudonym_key", message, generations)


def keyed_upn(upn: str, generations: int = 1) -> str:
    """`keyed` of the text 'upn:' and an SQL text. Nearly every row has one: what is before it is bound with the key."""
    return _keyed("$upn_key", upn, generations)


def _keyed(key: str, message: str, generations: int) -> str:
    first = f"unhex(left(sha256({key} || encode({message})), {2 * PSEUDONYM}))"
    return lifted(first, since=1, generations=generations)


def lifted(pseudonym: str, *, since: int, generations: int) -> str:
    """SQL for a pseudonym that was made under the first `since` keys, as it is under all of them."""
    for number in range(since + 1, generations + 1):
        pseudonym = f"unhex(left(sha256($pseudonym_key_{number} || {pseudonym}), {2 * PSEUDONYM}))"
    return pseudonym


def pseudonym_key(register_key: bytes) -> bytes:
    """What is bound as `$pseudonym_key`: the first generation's."""
    return derived(register_key)[0]


def generation_of(page: Mapping[str, Any]) -> int:
    """Under how many keys the subjects of a file of disclosures are known, by what it says of itself.

    Nothing is said in those from before the first rotation.
    """
    return int(page.get("generation", 1))


def bound(register_key: bytes) -> dict[str, bytes]:
    """`$pseudonym_key`, and for each key that followed its own: 32 bytes each, used for nothing else. `$upn_key`: the first before a UPN."""
    keys = derived(register_key)
    return {"pseudonym_key": keys[0], "upn_key": keys[0] + b"upn:"} | {
        f"pseudonym_key_{number}": key for number, key in enumerate(keys[1:], start=2)
    }
