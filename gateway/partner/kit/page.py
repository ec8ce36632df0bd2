"""The kit's one page: who we are, our keys, what we need to know, and the steps with this partner's names in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.crypto.note import Vkey
from gateway.crypto.ssh_keys import PublicKey
from gateway.partner.kit import by_gpg, steps
from gateway.partner.kit.by_gpg import block
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.transfer import TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Council:
    """What a partner has to know of us. `sftp` holds, for each route, the key that logs in with the partner."""

    sender: str
    domain: str
    signing: PublicKey
    log: Vkey
    sftp: Mapping[str, PublicKey]
    successions: bytes = b""
    """The file that leads from any key of our log to the one in force; empty while there was one only."""
    openpgp: str | None = None
    """Our certificate for this partner, armored, where the partner takes OpenPGP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """The parcel of invented children that lies in the kit, and whether it is sealed to a key made for the kit."""

    transfer: TransferId
    rows: int
    own_key: bool


def signers_line(council: Council) -> str:
    """For the partner's allowed-signers file: our signing key, and the two acts for which it counts."""
    acts = ",".join(of_act(act, council.domain) for act in ("envelope", "content"))
    return f'{council.sender} namespaces="{acts}" {council.signing.line()}\n'


def receiver_page(council: Council, partner: str) -> str:
    values = {"me": partner, "sender": council.sender, "domain": council.domain, "log_key": council.log.spelled}
    if council.openpgp:
        values["openpgp_key"] = "keys/openpgp.key"
    return "".join(f'{name} = "{value}"\n' for name, value in values.items())


def names_block(council: Council, partner: str, transfer: TransferId) -> str:
    return f"COUNCIL={council.sender}\nDOMAIN={council.domain}\nME={partner}\nTRANSFER={transfer}\n"


def aloud(data: bytes) -> str:
    """SHA-256 in groups of four, as `sha256sum` shows it: upper case, lower case and O cannot be mistaken."""
    digits = str(Digest.of(data))
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))


def page(council: Council, partner: str, rehearsed: Rehearsed, files: Mapping[str, bytes]) -> str:
    """`files` are those whose digests are read aloud."""
    if council.openpgp:
        names = names_block(council, partner, rehearsed.transfer)
        theirs = [*by_gpg.wanted(partner), *by_gpg.rehearsal(names, rehearsed.rows)]
    else:
        theirs = [*_wanted(partner), *_rehearsal(council, partner, rehearsed)]
    return "\n".join(
        [*_introduction(council, partner), *_files(council, files), *theirs, *_namespaces(council, partner)]
    )


def _introduction(council: Council, partner: str) -> Iterator[str]:
    yield f"# {council.sender} to {partner}: how to receive our parcels"
    yield ""
    yield f"We are `{council.sender}`; our gateway is `{council.domain}`. You are `{partner}`. We will put parcels of"
    yield "children's data into a folder of your SFTP server: sealed to your key, signed with ours. This page and the"
    yield "files beside it are all you need. Nothing in them is secret, and no child in them is real."
    yield ""


def _files(council: Council, files: Mapping[str, bytes]) -> Iterator[str]:
    yield "## Our keys: read these to us over the telephone, on a number that you had before"
    yield ""
    yield "    sha256sum FILE"
    yield ""
    for name, data in files.items():
        yield f"    {name}"
        yield f"      {aloud(data)}"
    yield ""
    yield f"`council.signers` is our signing key, {council.signing.fingerprint} to OpenSSH. `log_key` in"
    yield f"`receiver.toml` belongs to our receipt log, {council.log.fingerprint}."
    if council.successions:
        yield "The log had another key before: `successions.jsonl` goes into your folder `receiver/keys`, and is signed"
        yield "by both. A partner who has the older key keeps it, and needs this one file."
    if council.openpgp:
        yield "`council.asc` is our OpenPGP key for you alone: messages that it did not sign are not ours."
    yield ""


def _wanted(partner: str) -> Iterator[str]:
    yield "## What we need from you"
    yield ""
    yield "Make two keys, and keep `identity.txt` and `acknowledge` where only those who open parcels can read them:"
    yield ""
    yield from block(steps.MAKE_KEYS)
    yield "Then send us, and have your fingerprints ready for the telephone:"
    yield ""
    yield "    recipient            the line age1… of identity.txt"
    yield "    acknowledgement key  acknowledge.pub"
    yield "    host, port, user     of an SFTP account that takes our key: sftp-ROUTE.pub"
    yield "    host keys            ssh-keyscan on the server itself, not from outside"
    yield "    two folders          inbox (we write, rename, read and delete our own files), acknowledgements (we read)"
    yield ""
    yield f"We write them on our page of `{partner}`, and the data protection officer and a second person sign it."
    yield ""


def _rehearsal(council: Council, partner: str, rehearsed: Rehearsed) -> Iterator[str]:
    yield f"## Rehearse: {rehearsed.rows} invented children"
    yield ""
    yield "Copy `council.signers`, your `acknowledge` and what lies in `rehearsal/` into a new folder, and run each block"
    yield "there with `sh`, these four lines first; it stops at the first thing that does not hold"
    if rehearsed.own_key:
        yield "(this parcel is sealed to the `identity.txt` in `rehearsal/`, made for it alone; all others to yours):"
    else:
        yield "(with your `identity.txt`; this parcel is sealed to the recipient that you gave us):"
    yield ""
    yield from block(names_block(council, partner, rehearsed.transfer))
    yield "Check it: it must not have expired, and be number 1 of its route."
    yield ""
    yield from block(steps.CHECK)
    yield "Open it: a data file, `padding`, `manifest.json`, `manifest.json.sig`, and nothing else."
    yield ""
    yield from block(steps.OPEN)
    yield "Answer it. Of a real parcel both files go into `acknowledgements`, the signature first; these you send to us."
    yield ""
    yield from block(steps.ANSWER)
    yield "With our program, the same parcel goes into `receiver/inbox` after this, and `gateway receive receiver`:"
    yield ""
    yield from block(steps.INSTALL)


def _namespaces(council: Council, partner: str) -> Iterator[str]:
    yield "## What is signed as what"
    yield ""
    for act, what in (
        ("envelope", "by us, over the envelope of a parcel"), ("content", "by us, over the manifest inside"),
        ("acknowledge", f"by you, {partner}, over an answer"),
    ):  # fmt: skip
        yield f"    {of_act(act, council.domain):<40} {what}"
    yield ""
