"""Pseudonyms under keys that follow each other: p′ = F(k₂, p), so that nobody has to be recognised anew.

A pseudonym key that is rotated is not replaced but followed: what was recorded is hashed once
more under the new key, without the identifiers that nobody has kept; and whoever is looked up
later is hashed under all of them, in their order. Who held the old keys alone, with a ledger
from after the change, recognises nobody.

F is SHA-256 over a key and a pseudonym, cut to the pseudonym's size: both have one length, and what
is cut away can be neither continued nor guessed (DECISIONS 22). The keys that have followed each
other are one run of bytes, 32 for each generation, the first one first. Pure; what is recorded is for the
register to change, in one transaction and under a receipt.
"""

import hmac
from hashlib import sha256

from gateway.vocabulary.errors import KeyUnavailable

KEY_BYTES = 32
PSEUDONYM = 12
_FIRST, _LATER = b"pseudonym", b"nested"


def generations(keys: bytes) -> int:
    """How many there are; KeyUnavailable for none, or for less than whole ones."""
    if not keys or len(keys) % KEY_BYTES:
        raise KeyUnavailable("a key for pseudonyms is not 32 bytes long", remedy="restore it from its backup")
    return len(keys) // KEY_BYTES


def parts(keys: bytes) -> tuple[bytes, ...]:
    """Each generation's own."""
    return tuple(keys[start : start + KEY_BYTES] for start in range(0, generations(keys) * KEY_BYTES, KEY_BYTES))


def derived(keys: bytes) -> tuple[bytes, ...]:
    """What each generation hashes with: 32 bytes for this use alone, the first for texts and the others for pseudonyms."""
    return tuple(hmac.digest(part, _LATER if number else _FIRST, "sha256") for number, part in enumerate(parts(keys)))


def pseudonym(text: str, keys: bytes) -> bytes:
    """Of an identifier's text, under the first key and then under each that followed."""
    first, *later = derived(keys)
    found = sha256(first + text.encode()).digest()[:PSEUDONYM]
    for key in later:
        found = sha256(key + found).digest()[:PSEUDONYM]
    return found


def nested(recorded: bytes, keys: bytes, *, since: int) -> bytes:
    """What was recorded under the first `since` generations, under all of them; KeyUnavailable for another size."""
    if len(recorded) != PSEUDONYM or not 0 < since <= generations(keys):
        raise KeyUnavailable("a pseudonym is not 12 bytes long, or of a later key", remedy="restore the newest key")
    for key in derived(keys)[since:]:
        recorded = sha256(key + recorded).digest()[:PSEUDONYM]
    return recorded
