"""What is wrong with the configuration: one fault a line, naming file, key and remedy, never a value.

A value may be a secret or may name a person, so faults are built from keys, from limits
and from our own closed vocabularies only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from gateway.vocabulary.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    page: str
    """`config/policies/yss.toml`, or `environment`."""
    key: str
    """`columns[4].field`, items counted from 1; empty for the page as a whole."""
    sentence: str
    remedy: str = ""

    def line(self) -> str:
        place = f"{self.page}: {self.key}" if self.key else self.page
        return f"{place}: {self.sentence}" + (f"; {self.remedy}" if self.remedy else "")


class PageError(ConfigError):
    """The configuration cannot be used; the message has one line for each fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(
            "\n".join(fault.line() for fault in faults),
            remedy="correct what is named; config/README.md explains every key, 'gateway doctor' looks again",
        )
        self.faults = tuple(faults)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion from our own words, or nothing."""
    ours = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), list(ours), n=1)
    return f"did you mean '{ours[close[0]]}'?" if close else ""


def known_names(names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    return f"name one of these: {listed}" if listed else "none is known yet"
