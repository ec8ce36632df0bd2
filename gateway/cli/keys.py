"""`gateway keys`: the gateway's own keys, and a partner's recipient key."""

import getpass
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.keys_words import plain, read_aloud, table, was
from gateway.cli.opening import configured, person, prepare_side
from gateway.cli.session import Session
from gateway.cli.verbs import new_app
from gateway.config import key_changes, log_key
from gateway.config.generations import rotate_followed
from gateway.config.load import Configuration
from gateway.config.own_keys import Role, Standing, published, retired, role_named, roles, standing
from gateway.crypto.age import generate_hybrid_identity, generate_identity, recipient_fingerprint
from gateway.crypto.age.identity_file import seal_identities
from gateway.footing import durable
from gateway.receipts.receipt import Receipt
from gateway.service.turns import standing_still
from gateway.story.key_steps import SEEN_BY_PREPARE_ALONE
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts

app = new_app(
    help="The gateway's own keys: make the next one, tell partners, put it to use. keys/README.md has the table."
)
RECIPIENT = "recipient"
Name = Annotated[str, typer.Argument(metavar="KEY", help="Its name in keys/README.md: signing, sftp-ROUTE, …")]


@app.command(short_help="which keys there are, how old, and what follows")
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[KEY]", help="One key, with words to read aloud.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list instead of a table.")] = False,
) -> None:
    """Say which keys there are, how old they are, and which are to follow. Shows public halves only."""
    session, configuration = configured(context)
    chosen = [role_named(configuration, name)] if name else list(roles(configuration))
    standings = [standing(configuration, role) for role in chosen]
    if as_json:
        session.voice.say_json([plain(stands) for stands in standings])
    elif name:
        _show_one(session, configuration, standings[0])
    else:
        session.voice.say_table(table(standings))


@app.command(short_help="make a key: a missing one, or the one that follows")
def new(
    context: typer.Context,
    name: Name,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="For 'recipient' alone: the new identity file.")
    ] = None,
    post_quantum: Annotated[
        bool, typer.Option("--post-quantum", help="For 'recipient' alone: ML-KEM-768 with X25519.")
    ] = False,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="For 'recipient' alone: ask for a passphrase to keep it under.")
    ] = False,
) -> None:
    """Make a key: the one that is missing, or the one that is to follow the one in use.

    'recipient' is the partner's: an age identity of its own in FILE, for the partner to keep, and
    the recipient to be written into the partner's page.
    """
    if name == RECIPIENT:
        _new_recipient(Session.of(context), out, post_quantum=post_quantum, passphrase=passphrase)
        return
    if out or post_quantum or passphrase:
        raise UsageError("--out, --post-quantum and --passphrase are for 'gateway keys new recipient'")
    session, configuration = configured(context)
    role = role_named(configuration, name)
    fingerprint = key_changes.make(configuration, role, secrets.token_bytes)
    _record(context, configuration, "key-made", role, key=fingerprint)
    stands = standing(configuration, role)
    if stands.following == fingerprint and fingerprint:
        session.voice.say(f"the key that follows {name} is made, and not in use: {fingerprint}")
        others = f"give keys/public/{role.following}.pub to whoever checks it, then: "
        session.voice.say(f"{'' if name == SEEN_BY_PREPARE_ALONE else others}gateway keys rotate {name}")
    else:
        session.voice.say(f"the key {name} is made" + (f": {fingerprint}" if fingerprint else ""))


@app.command(short_help="put the key that follows to use")
def rotate(context: typer.Context, name: Name) -> None:
    """Put the key that follows to use, once every partner has it. Neither half may be running.

    The log's key signs that the next one follows: give every partner keys/public/log.successions.jsonl.
    A secret needs none that follows: the next one is made and used at once, and all that was recorded stays found.
    """
    session, configuration = configured(context)
    role = role_named(configuration, name)
    if role.name == log_key.LOG:
        _hand_over_log(context, configuration, role)
        return
    if not role.signs:
        _follow(context, configuration, role)
        return
    with standing_still(configuration):
        key_changes.check_rotation(configuration, role)
        stands = standing(configuration, role)
        _record(context, configuration, "key-rotated", role, key=stands.following, old_key=stands.fingerprint)
        fingerprint = key_changes.rotate(configuration, role, session.clock())
    session.voice.say(f"the key {name} is in use from now on: {fingerprint}")


@app.command(short_help="destroy the key that was to follow")
def retire(context: typer.Context, name: Name) -> None:
    """Destroy the key that was to follow, if it shall not be used after all."""
    session, configuration = configured(context)
    role = role_named(configuration, name)
    key_changes.check_retirement(configuration, role)
    if role.name == log_key.LOG:
        with prepare_side(context) as side:
            log_key.check_retirement(configuration, role, side.gateway.log)
    _record(context, configuration, "key-retired", role, key=standing(configuration, role).following)
    key_changes.retire(configuration, role)
    session.voice.say(f"the key that was to follow {name} is destroyed")


def _hand_over_log(context: typer.Context, configuration: Configuration, role: Role) -> None:
    with standing_still(configuration), prepare_side(context) as side:
        fingerprint = log_key.rotate_log(configuration, role, side.gateway, uid=person())
    side.voice.say(f"the key {role.name} is in use from now on: {fingerprint}")
    side.voice.say(f"give keys/public/{log_key.PUBLISHED} to every partner: none cosigns the log before it has it")


def _follow(context: typer.Context, configuration: Configuration, role: Role) -> None:
    with standing_still(configuration), prepare_side(context) as side:
        number = rotate_followed(configuration, role, side.gateway, secrets.token_bytes, uid=person())
    side.voice.say(f"the key {role.name} is in use in its generation {number} from now on")
    side.voice.say("make a new backup of it now: the one before opens nothing that is recorded from here on")


def _show_one(session: Session, configuration: Configuration, stands: Standing) -> None:
    voice = session.voice
    voice.say_table(table([stands]))
    for name in (stands.role.name, stands.role.following):
        if key := published(configuration, stands.role, name):
            voice.say()
            voice.say(key.line(f"{name}@{configuration.settings.domain}"))
            voice.say(f"{name}, {key.fingerprint}, read aloud:")
            for line in read_aloud(key.fingerprint):
                voice.say(line)
    for old in retired(configuration):
        if old.role == stands.role.name:
            voice.say(was(old))


def _new_recipient(session: Session, out: Path | None, *, post_quantum: bool, passphrase: bool) -> None:
    if out is None:
        raise UsageError("the new identity needs a file", remedy="gateway keys new recipient --out FILE")
    if out.exists() or out.is_symlink():
        raise UsageError("the file for --out is there already", remedy="name a new one: no identity is overwritten")
    identity = generate_hybrid_identity() if post_quantum else generate_identity()
    recipient = identity.recipient().spelled()
    page = f"# public key: {recipient}\n{identity.spelled()}\n".encode("ascii")
    if passphrase:
        page = seal_identities(page, _asked_twice(session), secrets.token_bytes)
    durable.write_new(out.absolute(), page)
    session.voice.say(recipient)
    session.voice.tell(f"its fingerprint is {recipient_fingerprint(recipient)}, read aloud:")
    for line in read_aloud(recipient_fingerprint(recipient)):
        session.voice.tell(line)


def _asked_twice(session: Session) -> str:
    if not session.stdin.isatty():
        raise UsageError("a passphrase is typed at a terminal", remedy="leave --passphrase out, or type it there")
    first, second = (getpass.getpass(question) for question in ("Passphrase: ", "Once more: "))
    if first != second:
        raise UsageError("the two passphrases differ", remedy="type it again")
    return first


def _record(context: typer.Context, configuration: Configuration, kind: str, role: Role, **keys: str | None) -> None:
    """A receipt, where this user may write the log: on a server deliver's user may not, and is told so."""
    facts = Facts(role=role.name, uid=person(), **{name: key for name, key in keys.items() if key})
    ring = configuration.prepare_keys
    can_sign = all(ring.has(needed) for needed in ("log", "signing"))
    if not can_sign or not (
        configuration.settings.ledger or os.access(configuration.workspace.ledger, os.R_OK | os.W_OK)
    ):
        Session.of(context).voice.tell("this is not in the receipt log, which this user may not write")
        return
    with prepare_side(context) as side:
        side.gateway.log.append(Receipt(kind=kind, at=side.session.clock(), facts=facts))
