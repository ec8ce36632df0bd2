"""What a check answers, and what it may look at. Checks are values: printing them is another's business."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.vocabulary.errors import ConfigError, NeedsPerson

Outcome = Literal["ok", "warn", "fail"]
CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    outcome: Outcome
    sentence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The machine around the gateway, as it was found."""

    at: datetime
    mounts: str
    """The text of /proc/self/mountinfo; empty where there is none."""
    clock: Literal["synchronised", "unsynchronised", "unknown"]


def ok(name: str, sentence: str) -> Check:
    return Check(name=name, outcome="ok", sentence=sentence)


def warn(name: str, sentence: str, remedy: str) -> Check:
    return Check(name=name, outcome="warn", sentence=sentence, remedy=remedy)


def fail(name: str, sentence: str, remedy: str) -> Check:
    return Check(name=name, outcome="fail", sentence=sentence, remedy=remedy)


def unless(problems: Iterable[Check], name: str, sentence: str) -> Iterator[Check]:
    """The problems, or one good word where there is none."""
    found = list(problems)
    yield from found or [ok(name, sentence)]


def exit_code(checks: Iterable[Check]) -> int:
    """0, or 3 if a person must do something, or 78 if the configuration cannot be used at all."""
    failed = {check.name for check in checks if check.outcome == "fail"}
    if CONFIGURATION in failed:
        return ConfigError.exit_code
    return NeedsPerson.exit_code if failed else 0
