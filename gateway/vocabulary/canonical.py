"""Canonical JSON: one value, one spelling, so that bytes can be signed and compared.

Sorted keys, no spaces, ASCII only, one newline at the end. Numbers are integers: floats
have more than one spelling and are refused. Reading back accepts only this spelling, so
nothing can hide in a second one (a repeated key, an escape, white space).
"""

import json
from typing import Any

from gateway.vocabulary.errors import FormatInvalid


def encode(value: object) -> bytes:
    """Spell `value` canonically; TypeError for what JSON has no word for."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_no)
    return text.encode("ascii") + b"\n"


def decode(data: bytes, *, what: str, limit: int = 1 << 20) -> dict[str, Any]:
    """Read one canonical object back; `what` names it in the error.

    Raises:
        FormatInvalid: too large, not JSON, not an object, not spelled canonically, or with half a character in it.
    """
    if len(data) > limit:
        raise FormatInvalid(f"{what} is larger than {limit} bytes")
    try:
        value = json.loads(data.decode("ascii"), parse_float=_no)
        again = encode(value)
        if b"\\ud" in data:  # half a character is text that cannot be written anywhere
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, TypeError, RecursionError) as error:
        raise FormatInvalid(f"{what} is not canonical JSON") from error
    if not isinstance(value, dict) or again != data:
        raise FormatInvalid(f"{what} is not one canonical JSON object")
    return value


def _no(value: object) -> object:
    raise TypeError(f"no canonical spelling for a {type(value).__name__}")
