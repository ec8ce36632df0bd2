"""Pseudonyms under keys that follow each other: p′ = HMAC(k₂, p), so that nobody has to be recognised anew.

A pseudonym key that is rotated is not replaced but followed: what was recorded is hashed once
more under the new key, without the identifiers that nobody has kept; and whoever is looked up
later is hashed under all of them, in their order. Who held the old key alone, with a ledger
from after the change, recognises nobody. Pure; what is recorded is for the register to change,
in one transaction and under a receipt.
"""

import hashlib
import hmac
from collections.abc import Sequence

from gateway.vocabulary.errors import KeyUnavailable

SIZE = 32


def nested(pseudonym: bytes, key: bytes) -> bytes:
    """A recorded pseudonym after one rotation more; KeyUnavailable for a key or pseudonym of another size."""
    if len(key) != SIZE or len(pseudonym) != SIZE:
        raise KeyUnavailable("a pseudonym or its key is not 32 bytes long", remedy="restore it from its backup")
    return hmac.new(key, pseudonym, hashlib.sha256).digest()


def pseudonym_under(message: bytes, keys: Sequence[bytes]) -> bytes:
    """Of an identifier's message, under the first key and then under each that followed; KeyUnavailable for none."""
    if not keys or len(keys[0]) != SIZE:
        raise KeyUnavailable("there is no key for pseudonyms, or one is not 32 bytes long", remedy="restore it")
    found = hmac.new(keys[0], message, hashlib.sha256).digest()
    for key in keys[1:]:
        found = nested(found, key)
    return found
