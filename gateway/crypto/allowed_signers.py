"""One line of an OpenSSH allowed-signers file, read more strictly than OpenSSH reads it.

    alice@council.example namespaces="prepare.yss@council.example",valid-before="20271231Z" ssh-ed25519 AAAA…

Refused, since each would let somebody act whom nobody named for it: a line without
namespaces=, a wildcard or a negation, several people, a certificate authority, an option
that is not known, a validity that is not UTC, a weak key, a security key that a web site
can ask to sign. A name has one spelling, in lower case: 'Alice' and 'alice' would count as
two people where two must sign. What is accepted here, ssh-keygen accepts as well.
Reference: ssh-keygen(1), ALLOWED SIGNERS.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.crypto.ssh_public import PublicKey
from gateway.vocabulary.errors import FormatInvalid, KeyUnavailable, SignersInvalid

_PRINCIPAL = re.compile(r"[a-z0-9][a-z0-9._+'@-]*")
_NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")
_WORD = re.compile(r'((?:[^\s"]|"[^"]*")+)[ \t]+(.*)')
_ITEM = r'[a-z-]+(?:="[^"\\]*")?'
_OPTIONS = re.compile(rf"{_ITEM}(?:,{_ITEM})*")
_OPTION = re.compile(r'([a-z-]+)(?:="([^"]*)")?')
_STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2})?)?Z")
_KNOWN = ("namespaces", "valid-after", "valid-before")
_SSH = "ssh:"
_SHAPE = 'write PERSON namespaces="ROLE.ROUTE@DOMAIN" KEY, with the key as it stands in the .pub file'


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One person's one key, for some acts, for some time: from `valid_after` until before `valid_before`."""

    principal: str
    key: PublicKey
    namespaces: frozenset[str]
    valid_after: datetime | None = None
    valid_before: datetime | None = None
    where: str = ""
    """The file and line, for messages."""


def parse_line(line: str, where: str) -> Signer:
    """SignersInvalid says `where`, what is wrong and what to write instead."""
    if not line.replace("\t", " ").isprintable():
        raise SignersInvalid(f"{where}: a character cannot be seen", remedy="type the line anew, in plain text")
    principal, rest = _word(line, where)
    if not _PRINCIPAL.fullmatch(principal):
        raise SignersInvalid(
            f"{where}: a line names one person, in lower case, without wildcards, commas or quotes",
            remedy="write one line a person and key, beginning like alice@council.example",
        )
    word, rest = _word(rest, where)
    options = _options(word, where)
    signer = Signer(
        principal=principal,
        key=_key(rest, where),
        namespaces=_namespaces(options.get("namespaces"), where),
        valid_after=_moment(options.get("valid-after"), where),
        valid_before=_moment(options.get("valid-before"), where),
        where=where,
    )
    if signer.valid_after and signer.valid_before and signer.valid_after >= signer.valid_before:
        raise SignersInvalid(f"{where}: the right to sign ends before it begins", remedy="correct one of the two dates")
    return signer


def _word(text: str, where: str) -> tuple[str, str]:
    """The first word, in which quotes may hold blanks, and what follows."""
    match = _WORD.fullmatch(text)
    if match is None:
        raise SignersInvalid(f"{where}: the line is not PERSON OPTIONS KEY", remedy=_SHAPE)
    return match[1], match[2]


def _options(word: str, where: str) -> dict[str, str]:
    if not word.startswith(_KNOWN) and "namespaces" not in word:
        raise SignersInvalid(f"{where}: the line lacks namespaces=", remedy=_SHAPE)
    if not _OPTIONS.fullmatch(word):
        raise SignersInvalid(f'{where}: the options are not spelled like NAME="VALUE",NAME="VALUE"', remedy=_SHAPE)
    pairs = _OPTION.findall(word)
    options = dict(pairs)
    if unknown := sorted(options.keys() - set(_KNOWN)):
        raise SignersInvalid(f"{where}: the option {unknown[0]!r} is not allowed here", remedy="take it out")
    if len(options) != len(pairs):
        raise SignersInvalid(f"{where}: an option stands there twice", remedy="say each thing once")
    return options


def _namespaces(text: str | None, where: str) -> frozenset[str]:
    if not text:
        raise SignersInvalid(f"{where}: the line lacks namespaces=", remedy=_SHAPE)
    names = text.split(",")
    if not all(_NAMESPACE.fullmatch(name) for name in names):
        raise SignersInvalid(
            f"{where}: a namespace holds a wildcard, a blank, or a character that no namespace has",
            remedy="name each act and route, separated by commas alone",
        )
    return frozenset(names)


def _key(text: str, where: str) -> PublicKey:
    try:
        key = PublicKey.parse(text)
        key.check_strength()
    except FormatInvalid as error:
        raise SignersInvalid(f"{where}: {error.message}", remedy="paste the person's .pub file whole") from error
    except KeyUnavailable as error:
        raise SignersInvalid(f"{where}: {error.message}", remedy=error.remedy) from error
    if key.application is not None and not key.application.startswith(_SSH):
        raise SignersInvalid(
            f"{where}: this security key signs for a web site, which could ask for the touch in another's name",
            remedy="make one for SSH: ssh-keygen -t ed25519-sk",
        )
    return key


def _moment(text: str | None, where: str) -> datetime | None:
    """UTC only: OpenSSH reads a time without Z in the machine's own zone."""
    if text is None:
        return None
    match = _STAMP.fullmatch(text)
    try:
        year, month, day, hour, minute, second = (int(number or 0) for number in (match.groups() if match else ()))
        return _after_the_epoch(datetime(year, month, day, hour, minute, second, tzinfo=UTC))
    except ValueError as error:
        raise SignersInvalid(
            f"{where}: a date is not a real one in UTC", remedy="write YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ"
        ) from error


def _after_the_epoch(moment: datetime) -> datetime:
    """OpenSSH counts from it, and reads nought as no date at all."""
    if moment.timestamp() <= 0:
        raise ValueError("not after 1970 has begun")
    return moment
