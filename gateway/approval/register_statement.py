"""The register statement: what an import or a lifted hold would open, in lines that a person can read and sign.

    handoff-register: v1
    gateway: council.example
    act: register.import
    as: changes
    file-sha256: …
    decisions: consent 120
    decisions: refuse 14
    salt: …
    expires: 2026-12-01T09:00:00Z

    act: hold.lift
    hold: 7
    added: 2026-11-24T09:30:00Z

One statement has one spelling. It holds no reason of a hold and nothing of a child; the salt
keeps the log's digest of it from being guessed. Two different people sign it, each with a key
of their own, in the namespace `ACT@GATEWAY`: `ssh-keygen -Y sign` does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.vocabulary import moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import FormatInvalid, StatementInvalid

LARGEST = 16 * 1024
IMPORT, LIFT = "register.import", "hold.lift"
_ABOUT: Final[Mapping[str, tuple[str, ...]]] = {
    IMPORT: ("as", "purpose", "census-date", "file-sha256", "decisions"),
    LIFT: ("hold", "added"),
}
_LINE = re.compile(r"([a-z][a-z0-9-]*): ([!-~](?:[ -~]*[!-~])?)")
_SALT = re.compile(r"[0-9a-f]{64}")
_REMEDY = "delete it and its signatures, and type the command again: a fresh one is written to sign"

About = tuple[tuple[str, str], ...]
"""What it is about: the lines between `act` and `salt`, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterStatement:
    gateway: str
    act: str
    about: About
    salt: bytes
    expires: datetime

    def encode(self) -> bytes:
        pairs = [
            ("handoff-register", "v1"), ("gateway", self.gateway), ("act", self.act), *self.about,
            ("salt", self.salt.hex()), ("expires", moment.spell(self.expires)),
        ]  # fmt: skip
        return "".join(f"{key}: {value}\n" for key, value in pairs).encode("ascii")

    @property
    def digest(self) -> Digest:
        return Digest.of(self.encode())

    @classmethod
    def parse(cls, data: bytes) -> "RegisterStatement":
        """Strictly: another spelling of the same words is not a statement. StatementInvalid says what is wrong."""
        if len(data) > LARGEST:
            raise StatementInvalid("the register statement is too large", remedy=_REMEDY)
        try:
            statement = _build(_pairs(data))
        except FormatInvalid as error:
            raise StatementInvalid(f"the register statement is damaged: {error.message}", remedy=_REMEDY) from error
        if statement.encode() != data:
            raise StatementInvalid("the register statement was edited or saved in another encoding", remedy=_REMEDY)
        return statement


def about_import(
    *, way: str, file: Digest, decisions: Mapping[str, int], purpose: str = "", census_date: str = ""
) -> About:
    named = (("as", way), ("purpose", purpose), ("census-date", census_date), ("file-sha256", str(file)))
    counts = (("decisions", f"{decision} {count}") for decision, count in sorted(decisions.items()))
    return (*((key, value) for key, value in named if value), *counts)


def about_hold(number: int, added: datetime) -> About:
    return ("hold", str(number)), ("added", moment.spell(added))


def _pairs(data: bytes) -> list[tuple[str, str]]:
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise StatementInvalid("the register statement holds bytes that are not plain text", remedy=_REMEDY) from error
    pairs = []
    for number, line in enumerate(lines[:-1], start=1):
        match = _LINE.fullmatch(line)
        if not match:
            raise StatementInvalid(f"line {number} of the register statement is not one of ours", remedy=_REMEDY)
        pairs.append((match[1], match[2]))
    return pairs


def _build(pairs: list[tuple[str, str]]) -> RegisterStatement:
    ours = [key for key, _ in (*pairs[:3], *pairs[-2:])]
    if ours != ["handoff-register", "gateway", "act", "salt", "expires"] or pairs[0][1] != "v1":
        raise StatementInvalid("the register statement lacks a line, or is not v1", remedy=_REMEDY)
    act, about, salt = pairs[2][1], tuple(pairs[3:-2]), pairs[-2][1]
    if not {key for key, _ in about} <= set(_ABOUT.get(act, ())) or not about or not _SALT.fullmatch(salt):
        raise StatementInvalid("the register statement says something that is not known here", remedy=_REMEDY)
    return RegisterStatement(
        gateway=pairs[1][1], act=act, about=about, salt=bytes.fromhex(salt), expires=moment.parse(pairs[-1][1])
    )
