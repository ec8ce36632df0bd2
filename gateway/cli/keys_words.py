"""Keys in words: a table for the screen, and a fingerprint that can be read aloud over a telephone."""

from collections.abc import Iterator
from datetime import datetime

from gateway.config.own_keys import Retired, Standing
from gateway.vocabulary import moment

_ALPHABET = (
    "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima", "mike",
    "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "x-ray",
    "yankee", "zulu",
)  # fmt: skip
_SIGNS = {"+": "plus", "/": "slash"}
_GROUP = 6


def read_aloud(fingerprint: str) -> Iterator[str]:
    """Six characters a line; a capital is said as one: `CAPITAL SIERRA`, `sierra`, `7`, `plus`, `slash`."""
    text = fingerprint.removeprefix("SHA256:")
    for start in range(0, len(text), _GROUP):
        group = text[start : start + _GROUP]
        yield f"  {group:<{_GROUP}}  {', '.join(map(_word, group))}"


def _word(sign: str) -> str:
    if sign in _SIGNS or sign.isdigit():
        return _SIGNS.get(sign, sign)
    word = _ALPHABET[ord(sign.lower()) - ord("a")]
    return f"CAPITAL {word.upper()}" if sign.isupper() else word


def table(standings: list[Standing]) -> list[tuple[str, ...]]:
    return [("key", "half", "kind", "since", "due", "follows", "fingerprint"), *map(_row, standings)]


def _row(stands: Standing) -> tuple[str, ...]:
    return (
        stands.role.name, stands.role.half, "Ed25519" if stands.role.signs else "secret",
        _day(stands.since) if stands.there or stands.fingerprint else "missing", _day(stands.due),
        "yes" if stands.following else "-", stands.fingerprint or "-",
    )  # fmt: skip


def plain(stands: Standing) -> dict[str, object]:
    return {
        "key": stands.role.name, "half": stands.role.half, "signs": stands.role.signs, "there": stands.there,
        "fingerprint": stands.fingerprint, "following": stands.following,
        "since": moment.spell(stands.since) if stands.since else None,
        "due": moment.spell(stands.due) if stands.due else None,
    }  # fmt: skip


def was(old: Retired) -> str:
    return f"{old.role} until {moment.spell(old.until)}: {old.key.fingerprint}"


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else "-"
