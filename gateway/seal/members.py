"""The members of our JSON pages: exactly those that are named, each in its one shape.

Every reader here raises FormatInvalid and names the page and the member, never a value.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from gateway.vocabulary import canonical, moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import FormatInvalid
from gateway.vocabulary.transfer import TransferId

SLUG: Final = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:[.-][a-z0-9]+)*")
PARTY: Final = re.compile(r"[a-z0-9][a-z0-9._+@-]{0,127}")
FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
REFERENCE: Final = re.compile(r"[A-Z0-9][A-Z0-9./-]{0,39}")
SENTENCE: Final = re.compile(r"(?=.{1,300}\Z)\S(?:.*\S)?")
HASH: Final = re.compile(r"[0-9a-f]{64}")
NOTE: Final = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f]{1,16384}")
LARGEST_COUNT: Final = 1 << 53
"""Beyond this, readers in other languages begin to round."""


class Members:
    """One JSON object, taken apart member by member."""

    def __init__(self, value: object, what: str, names: Sequence[str]) -> None:
        if not isinstance(value, dict) or set(value) != set(names):
            raise FormatInvalid(f"{what} has a member too many or too few")
        self._value: dict[str, Any] = value
        self.what = what

    @classmethod
    def of_versions(
        cls, data: bytes, versions: Mapping[str, Sequence[str]], what: str, limit: int
    ) -> tuple[str, "Members"]:
        """A whole page of one of several types, each with its own members: which type, and what is in it."""
        page = canonical.decode(data, what=what, limit=limit)
        kind = page.pop("type", None)
        if not isinstance(kind, str) or kind not in versions:
            raise FormatInvalid(f"{what} is of a type or version that is not known here")
        return kind, cls(page, what, versions[kind])

    @classmethod
    def of_page(cls, data: bytes, kind: str, what: str, names: Sequence[str], limit: int) -> "Members":
        """A whole page: canonical JSON of the type `kind`, at most `limit` bytes."""
        return cls.of_versions(data, {kind: names}, what, limit)[1]

    def part(self, name: str, names: Sequence[str]) -> "Members":
        return Members(self._value[name], f"{self.what}'s {name}", names)

    def parts(self, name: str, names: Sequence[str], *, most: int) -> tuple["Members", ...]:
        return tuple(Members(item, f"{self.what}'s {name}", names) for item in self._list(name, most))

    def text(self, name: str, shape: re.Pattern[str]) -> str:
        return self._shaped(self._value[name], name, shape)

    def texts(self, name: str, shape: re.Pattern[str], *, most: int) -> tuple[str, ...]:
        return tuple(self._shaped(item, name, shape) for item in self._list(name, most))

    def word(self, name: str, words: Sequence[str]) -> str:
        """One of a closed list."""
        value = self._value[name]
        if not isinstance(value, str) or value not in words:
            raise self._wrong(name)
        return value

    def count(self, name: str, *, least: int = 0) -> int:
        value = self._value[name]
        if type(value) is not int or not least <= value < LARGEST_COUNT:
            raise self._wrong(name)
        return value

    def digest(self, name: str) -> Digest:
        return Digest.parse(self.text(name, HASH))

    def transfer(self, name: str) -> TransferId:
        return TransferId.parse(self.text(name, SLUG))

    def moment(self, name: str) -> datetime:
        value = self._value[name]
        if not isinstance(value, str):
            raise self._wrong(name)
        return moment.parse(value)

    def absent(self, name: str) -> bool:
        return self._value[name] is None

    def _list(self, name: str, most: int) -> list[Any]:
        value = self._value[name]
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(name)
        return value

    def _shaped(self, value: object, name: str, shape: re.Pattern[str]) -> str:
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise self._wrong(name)
        return value

    def _wrong(self, name: str) -> FormatInvalid:
        return FormatInvalid(f"{self.what} has a member of another shape than it should: {name}")
