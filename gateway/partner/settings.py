"""A receiver's home folder: one page, `receiver.toml`, and the keys and folders that it names.

    me = "youth-support"                 our id, as the sender writes it
    sender = "council.example"           the sender's id: the principal in the signers file
    domain = "council.example"           the sender's gateway, in whose namespaces is signed
    log_key = "council.example/log+…"    the verifier key of the sender's log, any that it had
    successions = "keys/successions.jsonl"   the notes by which its keys handed over; none, while it had one
    identity = "keys/identity.key"       our age identities, one a line, as age-keygen writes them
    openpgp_key = "keys/openpgp.key"     for parcels in OpenPGP: our key, as gpg --export-secret-subkeys gives it
    openpgp_sender = "keys/council.asc"  and the sender's OpenPGP certificate for us
    passphrase = "keys/passphrase.key"   what protects openpgp_key, if anything does: one line
    acknowledgement_key = "keys/acknowledge.key"
    signers = "keys/sender"              allowed signers: the sender's keys, for envelope@ and content@
    inbox = "inbox"                      the sender's SFTP account writes here
    acknowledgements = "acknowledgements"
    received = "received"                what has been verified; children's data, ours alone
    state = "state"
    first = { yss = 57 }                 the first number to expect of a route, where that is not 1
    into = "sqlite:///youth.sqlite"      a database to load; without it, data lies under `received`

Paths are seen from the page's folder. Private keys are regular files of ours alone (0600). With
`openpgp_key` there may be no age identity.
Raising `first` is how a person ends a wait for a parcel that will never come.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from gateway.contract.document import Document
from gateway.contract.fields import Slug
from gateway.crypto.age import recipient_fingerprint
from gateway.crypto.age.identity_file import read_identities
from gateway.crypto.log_succession import LogKeys
from gateway.crypto.note import Algorithm, Vkey
from gateway.crypto.openpgp import read_secret_keys, read_signing_certificates
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.keyring import Keyring
from gateway.footing.plain_file import read_plain
from gateway.seal.opening import Reader, Sender
from gateway.seal.openpgp.opening import OpenPgpReader
from gateway.seal.openpgp.own_key import user_id
from gateway.vocabulary.errors import ConfigError, FormatInvalid
from gateway.vocabulary.namespaces import DOMAIN

PAGE: Final = "receiver.toml"
LARGEST_PAGE = LARGEST_SIGNERS = LARGEST_SUCCESSIONS = 64 * 1024
_PARTY = r"^[a-z0-9][a-z0-9._@-]{0,127}$"
_PLACE = r"^[^\x00]{1,1000}$"
_KEY_FILE = r"^[^\x00]{1,1000}\.key$"


class ReceiverPage(Document):
    me: Annotated[str, Field(pattern=_PARTY)]
    sender: Annotated[str, Field(pattern=_PARTY)]
    domain: Annotated[str, Field(max_length=253)]
    log_key: Annotated[str, Field(max_length=1000)]
    identity: Annotated[str, Field(pattern=_KEY_FILE)] = "keys/identity.key"
    openpgp_key: Annotated[str, Field(pattern=_KEY_FILE)] | None = None
    openpgp_sender: Annotated[str, Field(pattern=_PLACE)] = "keys/council.asc"
    passphrase: Annotated[str, Field(pattern=_KEY_FILE)] | None = None
    acknowledgement_key: Annotated[str, Field(pattern=_KEY_FILE)] = "keys/acknowledge.key"
    signers: Annotated[str, Field(pattern=_PLACE)] = "keys/sender"
    successions: Annotated[str, Field(pattern=_PLACE)] = "keys/successions.jsonl"
    inbox: Annotated[str, Field(pattern=_PLACE)] = "inbox"
    acknowledgements: Annotated[str, Field(pattern=_PLACE)] = "acknowledgements"
    received: Annotated[str, Field(pattern=_PLACE)] = "received"
    state: Annotated[str, Field(pattern=_PLACE)] = "state"
    first: Mapping[Annotated[str, Field(pattern=Slug)], Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    into: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A receiver, wired: from whom, who we are, our keys, our folders."""

    sender: Sender
    reader: Reader
    key: SigningKey
    """Signs answers, and cosigns the sender's log."""
    log: LogKeys
    inbox: Path
    acknowledgements: Path
    received: Path
    state: Path
    first: Mapping[str, int]
    home: Path
    into: str | None = None
    """The URL of the database that data goes into; None: it stays in `received`."""


def load_receiver(home: Path, *, into: str | None = None) -> Receiver:
    """From `home/receiver.toml`; `into` instead of the page's own.

    Raises:
        ConfigError: the page cannot be read, has a key too many or too few, or a value of a wrong shape.
        KeyUnavailable: a key is missing, unsafe or no key.
        SignersInvalid: the sender's signers file is not one.
        SignatureInvalid: the successions of the log's keys do not hold, or do not lead to the key on the page.
    """
    page = _read_page(home)
    key = _keyring(home / page.acknowledgement_key).signing_key(Path(page.acknowledgement_key).stem)
    key.public.raw_ed25519()
    return Receiver(
        sender=Sender(id=page.sender, domain=page.domain, signers=_signers(home / page.signers)),
        reader=_reader(home, page),
        key=key,
        log=LogKeys.of(_log_key(page.log_key), _successions(home / page.successions)),
        inbox=home / page.inbox,
        acknowledgements=home / page.acknowledgements,
        received=home / page.received,
        state=home / page.state,
        first=page.first,
        home=home,
        into=into or page.into,
    )


def _read_page(home: Path) -> ReceiverPage:
    try:
        text = read_plain(home / PAGE, LARGEST_PAGE, what=PAGE).decode("utf-8")
        page = ReceiverPage.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise ConfigError("\n".join(_faults(error)), remedy=f"correct what is named in {PAGE}") from error
    except FormatInvalid as error:
        raise ConfigError(error.message, remedy=f"name the folder that holds {PAGE}: gateway receive DIR") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{PAGE} is not TOML in UTF-8", remedy="texts stand in quotes, a key stands once") from error
    if not DOMAIN.fullmatch(page.domain):
        raise ConfigError(f"{PAGE}: domain: is not a domain name", remedy="copy it from what the sender gave you")
    return page


def _faults(error: ValidationError) -> list[str]:
    """Keys and what is wrong with them only: a value may be a secret that stands in the wrong place."""
    known = set(ReceiverPage.model_fields)
    return [
        f"{PAGE}: {'.'.join(map(str, fault['loc']))}: {_what(fault)}"
        if fault["loc"][0] in known
        else f"{PAGE}: a key is not known"
        for fault in error.errors()
    ]


def _what(fault: Any) -> str:
    """The text of a page's own validators has no value in it; of pydantic's the kind alone is told."""
    return str(fault["ctx"]["error"]) if fault["type"] == "value_error" else str(fault["type"]).replace("_", " ")


def _reader(home: Path, page: ReceiverPage) -> Reader:
    openpgp = _openpgp(home, page, page.openpgp_key) if page.openpgp_key else None
    without_age = openpgp is not None and not os.path.lexists(home / page.identity)
    identities = () if without_age else read_identities(_private(home / page.identity))
    keys = frozenset(recipient_fingerprint(identity.recipient().spelled()) for identity in identities)
    return Reader(id=page.me, identities=identities, keys=keys, openpgp=openpgp)


def _openpgp(home: Path, page: ReceiverPage, key: str) -> OpenPgpReader:
    passphrase = _private(home / page.passphrase).rstrip(b"\r\n") if page.passphrase else None
    try:
        sender = read_plain(home / page.openpgp_sender, LARGEST_SIGNERS, what="the sender's OpenPGP certificate")
    except FormatInvalid as error:
        raise ConfigError(error.message, remedy=f"put it where 'openpgp_sender' in {PAGE} says") from error
    return OpenPgpReader(
        own=read_secret_keys(_private(home / key), passphrase),
        certificates=read_signing_certificates(sender, user_id(page.sender, page.me, page.domain)),
    )


def _private(path: Path) -> bytes:
    return _keyring(path).private_bytes(path.stem)


def _keyring(path: Path) -> Keyring:
    return Keyring(folder=path.parent)


def _signers(path: Path) -> Signers:
    try:
        text = read_plain(path, LARGEST_SIGNERS, what="the sender's signers file").decode("utf-8")
    except (FormatInvalid, UnicodeDecodeError) as error:
        raise ConfigError(
            "the sender's signers file cannot be read", remedy=f"put it where 'signers' in {PAGE} says"
        ) from error
    return Signers.parse(text, source="the sender's signers file")


def _successions(path: Path) -> list[bytes]:
    """None while the sender's log has had one key only."""
    if not os.path.lexists(path):
        return []
    try:
        lines = read_plain(path, LARGEST_SUCCESSIONS, what="the successions of the sender's log").splitlines()
        return [str(json.loads(line)).encode() for line in lines]
    except (FormatInvalid, ValueError, RecursionError) as error:
        raise ConfigError(
            "the successions of the sender's log cannot be read", remedy="copy the file as the sender gave it"
        ) from error


def _log_key(text: str) -> Vkey:
    try:
        key = Vkey.parse(text)
    except FormatInvalid as error:
        raise ConfigError(f"{PAGE}: log_key: {error.message}", remedy="copy it as the sender gave it") from error
    if key.algorithm is not Algorithm.ED25519:
        raise ConfigError(f"{PAGE}: log_key: is a witness's key, not a log's", remedy="ask the sender for the log's")
    return key
