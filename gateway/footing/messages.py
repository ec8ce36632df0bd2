"""What the two halves say to each other: an order, and an observation. Spelled canonically, parsed strictly.

Prepare writes orders, deliver observations; neither believes the other's files before they
are parsed. Members are a closed list; a file's name is the transfer's own, since it becomes
a name at the partner and below our folder.
"""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from gateway.vocabulary import canonical, moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import FormatInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.parcel import Parcel, SealedFile, is_a_parcel
from gateway.vocabulary.transfer import TransferId

LARGEST_ORDER, LARGEST_OBSERVATION = 64 * 1024, 512 * 1024
Outcome = Literal["delivered", "stopped", "lapsed", "failed", "in-doubt", "answered"]
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Prepare's word to deliver: put this parcel at this route's partner before `release_by`."""

    route: str
    partner: str
    parcel: Parcel
    after: TransferId | None = None
    """The parcel before it in its route's sequence, if that had not left yet: this one may not be seen before it."""

    def encode(self) -> bytes:
        files = [{"name": f.name, "size": f.size, "sha256": str(f.digest)} for f in self.parcel.files]
        turn = {"after": self.after} if self.after else {}
        return canonical.encode(
            {
                "type": "handoff-order/v1", "transfer": self.parcel.transfer, "route": self.route,
                "partner": self.partner, "release_by": moment.spell(self.parcel.release_by), "files": files,
                **turn,
            }
        )  # fmt: skip

    @classmethod
    def parse(cls, data: bytes, folder: Path) -> "Order":
        """FormatInvalid unless it is one, about the transfer that `folder` is named after."""
        with _strictly("an order"):
            members = {"transfer", "route", "partner", "release_by", "files"}
            page = _page(data, "handoff-order/v1", "an order", members, LARGEST_ORDER, optional=frozenset({"after"}))
            transfer = TransferId.parse(page["transfer"])
            _require(transfer == folder.name, "an order is about another transfer than its folder")
            files = tuple(_sealed_file(words, folder) for words in page["files"])
            names = tuple(file.name for file in files)
            _require(is_a_parcel(transfer, names), "an order has other files than a parcel of its transfer")
            parcel = Parcel(transfer=transfer, release_by=moment.parse(page["release_by"]), files=files)
            after = TransferId.parse(page["after"]) if "after" in page else None
            return cls(route=_name(page["route"]), partner=_name(page["partner"]), parcel=parcel, after=after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What deliver says happened to one order. `answer` carries the partner's files, unverified."""

    transfer: TransferId
    outcome: Outcome
    at: datetime
    facts: Facts
    answer: tuple[bytes, bytes] | None = None

    def encode(self) -> bytes:
        answer = [base64.b64encode(part).decode() for part in self.answer] if self.answer else None
        return canonical.encode(
            {
                "type": "handoff-observation/v1", "transfer": self.transfer, "outcome": self.outcome,
                "at": moment.spell(self.at), "facts": self.facts.plain(), "answer": answer,
            }
        )  # fmt: skip

    @classmethod
    def parse(cls, data: bytes) -> "Observation":
        with _strictly("an observation"):
            members = {"transfer", "outcome", "at", "facts", "answer"}
            page = _page(data, "handoff-observation/v1", "an observation", members, LARGEST_OBSERVATION)
            outcome, answer = page["outcome"], _answer(page["answer"])
            _require(outcome in get_args(Outcome), "an observation has an outcome that is not known here")
            _require((outcome == "answered") == (answer is not None), "an observation's outcome belies its content")
            return cls(
                transfer=TransferId.parse(page["transfer"]),
                outcome=outcome,
                at=moment.parse(page["at"]),
                facts=_facts(page["facts"]),
                answer=answer,
            )


def _page(
    data: bytes, kind: str, what: str, members: set[str], limit: int, *, optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    page = canonical.decode(data, what=what, limit=limit)
    _require(page.pop("type", None) == kind, f"{what} is of a type or version that is not known here")
    _require(page.keys() - optional == members, f"{what} lacks a member or has one too many")
    return page


def _sealed_file(words: dict[str, Any], folder: Path) -> SealedFile:
    name, size = words["name"], words["size"]
    _require(words.keys() == {"name", "size", "sha256"}, "a file of an order lacks a member or has one too many")
    _require(type(size) is int and size >= 0, "a file of an order has a size that is not one")
    return SealedFile(name=name, path=folder / name, size=size, digest=Digest.parse(words["sha256"]))


def _name(text: str) -> str:
    _require(_NAME.fullmatch(text) is not None, "an order names no route or partner")
    return text


def _answer(parts: list[str] | None) -> tuple[bytes, bytes] | None:
    if parts is None:
        return None
    body, signature = (base64.b64decode(part, validate=True) for part in parts)
    return body, signature


def _facts(words: dict[str, Any]) -> Facts:
    return Facts(**{name: tuple(value) if isinstance(value, list) else value for name, value in words.items()})


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise FormatInvalid(message)


@contextmanager
def _strictly(what: str) -> Iterator[None]:
    """Whatever kind of value stands where another belongs, it is the format that is wrong."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatInvalid(f"{what} has a member of another kind") from error
