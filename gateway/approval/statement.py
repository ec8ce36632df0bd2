"""The release statement: what is about to leave, in lines that a person can read and sign.

    handoff-release: v1
    gateway: council.example
    route: yss
    partner: youth-support-service
    partner-key: SHA256:…
    extract-sha256: …
    remarks-sha256: none
    salt: …
    route-sha256: …
    rows-at-most: 1200
    children-at-most: 900
    field-at-most: phone 310
    since-last: first
    beyond-limits: none
    expires: 2026-12-01T09:00:00Z

One statement has one spelling: these keys, in this order, `field-at-most` once for each
optional field by name. The salt keeps the log's digest of a statement from being guessed.
Ceilings are rounded up, and small differences are `few`, so that they tell no small number:
one child less than last time may be one more on hold. `beyond-limits` names what the brake
holds against the extract: who signs such a statement signs that too. The register is not bound on
purpose: what leaves may narrow after signing, never exceed a ceiling.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from gateway.vocabulary import moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import FormatInvalid, StatementInvalid

LARGEST = 64 * 1024
_LINE = re.compile(r"([a-z][a-z0-9-]*): ([!-~](?:[ -~]*[!-~])?)")
_FIELD = re.compile(r"([a-z][a-z0-9_]*) (0|[1-9][0-9]{0,11})")
_COUNT = re.compile(r"0|[1-9][0-9]{0,11}")
_SALT = re.compile(r"[0-9a-f]{64}")
_DIFFERENCE = r"(?:few|[+-]\d{1,12})"
_SINCE = re.compile(rf"first|rows {_DIFFERENCE}, children {_DIFFERENCE}")
FEW = 5
NEW_COLUMN, REMOVALS, ROWS = "new-column", "removals", "rows"
BRAKES = (NEW_COLUMN, REMOVALS, ROWS)
_BEYOND = re.compile("|".join(" ".join(some) for n in range(1, 4) for some in combinations(BRAKES, n)) + "|none")
_ORDER = (
    "handoff-release", "gateway", "route", "partner", "partner-key", "extract-sha256", "remarks-sha256", "salt",
    "route-sha256", "rows-at-most", "children-at-most", "field-at-most", "since-last", "beyond-limits", "expires",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """The most that may leave: rows read, children released, children for whom an optional field is released."""

    rows: int
    children: int
    fields: Mapping[str, int]

    @classmethod
    def over(cls, *, rows: int, children: int, fields: Mapping[str, int]) -> "Ceilings":
        return cls(rows=round_up(rows), children=round_up(children), fields={f: round_up(n) for f, n in fields.items()})

    def exceeded_by(self, *, rows: int, children: int, fields: Mapping[str, int]) -> tuple[str, ...]:
        """The names of the ceilings that these counts break."""
        broken = ["rows"] if rows > self.rows else []
        broken += ["children"] if children > self.children else []
        return tuple(broken + sorted(f for f, count in fields.items() if count > self.fields.get(f, 0)))


def since(rows: int, children: int) -> str:
    """Differences from the last handoff, as the statement tells them."""
    return f"rows {_difference(rows)}, children {_difference(children)}"


def _difference(count: int) -> str:
    return "few" if 0 < abs(count) < FEW else f"{count:+d}"


def round_up(count: int) -> int:
    """To the next ten, and from a thousand on to two leading digits."""
    step = 10 ** max(1, int(math.log10(count)) - 1) if count else 10
    return -(-count // step) * step


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    gateway: str
    route: str
    partner: str
    partner_key: str
    extract: Digest
    remarks: Digest | None
    salt: bytes
    route_digest: Digest
    ceilings: Ceilings
    since_last: str
    expires: datetime
    beyond: tuple[str, ...] = ()
    """The brake's limits that the extract passes, of BRAKES and in their order."""

    def encode(self) -> bytes:
        pairs = [
            ("handoff-release", "v1"), ("gateway", self.gateway), ("route", self.route), ("partner", self.partner),
            ("partner-key", self.partner_key), ("extract-sha256", str(self.extract)),
            ("remarks-sha256", str(self.remarks) if self.remarks else "none"), ("salt", self.salt.hex()),
            ("route-sha256", str(self.route_digest)), ("rows-at-most", str(self.ceilings.rows)),
            ("children-at-most", str(self.ceilings.children)),
            *(("field-at-most", f"{field} {self.ceilings.fields[field]}") for field in sorted(self.ceilings.fields)),
            ("since-last", self.since_last), ("beyond-limits", " ".join(self.beyond) or "none"), ("expires", moment.spell(self.expires)),
        ]  # fmt: skip
        return "".join(f"{key}: {value}\n" for key, value in pairs).encode("ascii")

    @classmethod
    def parse(cls, data: bytes) -> "Statement":
        """Strictly: another spelling of the same words is not a statement.

        Raises:
            StatementInvalid: with the line at fault, where there is one.
        """
        if len(data) > LARGEST:
            raise StatementInvalid("the release statement is too large", remedy=_REMEDY)
        try:
            statement = _build(_pairs(data))
        except FormatInvalid as error:
            raise StatementInvalid(f"the release statement is damaged: {error.message}", remedy=_REMEDY) from error
        if statement.encode() != data:
            raise StatementInvalid("the release statement was edited or saved in another encoding", remedy=_REMEDY)
        return statement


_REMEDY = "delete the .release file and its signatures; the gateway writes a fresh one to sign"


def _pairs(data: bytes) -> list[tuple[str, str]]:
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise StatementInvalid("the release statement holds bytes that are not plain text", remedy=_REMEDY) from error
    pairs = []
    for number, line in enumerate(lines[:-1], start=1):
        match = _LINE.fullmatch(line)
        if not match or match[1] not in _ORDER:
            raise StatementInvalid(f"line {number} of the release statement is not one of ours", remedy=_REMEDY)
        pairs.append((match[1], match[2]))
    return pairs


def _build(pairs: list[tuple[str, str]]) -> Statement:
    words = dict(pairs)
    missing = [key for key in _ORDER if key not in words and key != "field-at-most"]
    if missing or words["handoff-release"] != "v1":
        raise StatementInvalid(
            f"the release statement lacks the line {missing[0]!r}" if missing else "the release statement is not v1",
            remedy=_REMEDY,
        )
    return Statement(
        gateway=words["gateway"],
        route=words["route"],
        partner=words["partner"],
        partner_key=words["partner-key"],
        extract=Digest.parse(words["extract-sha256"]),
        remarks=None if words["remarks-sha256"] == "none" else Digest.parse(words["remarks-sha256"]),
        salt=bytes.fromhex(_shaped(words["salt"], _SALT, "salt")),
        route_digest=Digest.parse(words["route-sha256"]),
        ceilings=Ceilings(
            rows=int(_shaped(words["rows-at-most"], _COUNT, "rows-at-most")),
            children=int(_shaped(words["children-at-most"], _COUNT, "children-at-most")),
            fields=dict(_field(value) for key, value in pairs if key == "field-at-most"),
        ),
        since_last=_shaped(words["since-last"], _SINCE, "since-last"),
        expires=moment.parse(words["expires"]),
        beyond=tuple(
            word for word in _shaped(words["beyond-limits"], _BEYOND, "beyond-limits").split() if word != "none"
        ),
    )


def _field(text: str) -> tuple[str, int]:
    match = _FIELD.fullmatch(text)
    if not match:
        raise StatementInvalid("the release statement has a damaged field-at-most line", remedy=_REMEDY)
    return match[1], int(match[2])


def _shaped(text: str, shape: re.Pattern[str], key: str) -> str:
    if not shape.fullmatch(text):
        raise StatementInvalid(f"the release statement has a damaged {key} line", remedy=_REMEDY)
    return text
