"""How a text on a page may be spelled, whatever it says: nothing in it that nobody sees.

A blank before a server's name, a line break within a user's or a character without a shape is no mistake
that a reader finds, and shows only when a partner cannot be reached. So every page refuses it when it is read:
`Document` and the machine's settings ask here for each of their keys.
"""

import unicodedata
from typing import Any, Final, Literal, get_origin

from pydantic import ValidationInfo
from pydantic.fields import FieldInfo

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's control characters and line breaks, and what has no shape: zero-width characters, directions."""


def refuse_what_nobody_sees(value: Any, info: ValidationInfo, fields: dict[str, FieldInfo]) -> Any:
    """The value as it was; ValueError, without the value, if a text in it has what nobody sees.

    Words of a closed list are compared with that list, and tables have keys of their own.
    """
    if info.field_name in fields and get_origin(fields[info.field_name].annotation) is Literal:
        return value
    if isinstance(value, str):
        _refuse(value, "")
    if isinstance(value, list | tuple):
        for number, entry in enumerate(value, start=1):
            if isinstance(entry, str):
                _refuse(entry, f"entry {number} ")
    return value


def _refuse(text: str, which: str) -> None:
    for place, character in enumerate(text, start=1):
        if unicodedata.category(character) in _UNSEEN:
            raise ValueError(f"{which}has a character that nobody sees in place {place}: write the text anew by hand")
    if text != text.strip():
        raise ValueError(f"{which}begins or ends with a blank: take it out")
