"""How an identifier becomes a pseudonym: SHA-256 over key and text, cut to 12 bytes. A room of its own, since workers need no more."""

import hmac
from typing import Final

PSEUDONYM: Final = 12


def keyed(message: str) -> str:
    """SQL for the pseudonym of an SQL text; the key is bound, never spelled.

    Key and a UPN fit into one block of SHA-256: a quarter of the work of HMAC, which is what judging a row costs most.
    What HMAC is for, that nobody can append to a message, the cut does: 20 of 32 bytes are never shown (DECISIONS 22).
    """
    return f"unhex(left(sha256($pseudonym_key || encode({message})), {2 * PSEUDONYM}))"


def pseudonym_key(register_key: bytes) -> bytes:
    """What is bound as `$pseudonym_key`: 32 bytes of its own, used for nothing else."""
    return hmac.digest(register_key, b"pseudonym", "sha256")
