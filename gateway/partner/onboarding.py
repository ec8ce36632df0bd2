"""A receiver's home folder, made anew: keys, page, folders. For rehearsals, demonstrations and tests.

A partner in production makes the same by hand, with stock tools: `age-keygen`, `ssh-keygen`,
and a page of ten lines (`settings`).
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.crypto.age import generate_identity
from gateway.crypto.note import Vkey
from gateway.crypto.ssh_keys import PublicKey
from gateway.footing import durable
from gateway.footing.keyring import Keyring
from gateway.partner.settings import PAGE
from gateway.vocabulary.namespaces import of_act


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the council writes on its partner page, and the folders that the SFTP server shows it."""

    recipient: str
    """The age recipient that parcels are sealed to."""
    acknowledgement_key: str
    """The public key, as an OpenSSH line, that answers are signed with."""
    inbox: Path
    acknowledgements: Path


def make_receiver(
    home: Path,
    *,
    me: str,
    sender: str,
    domain: str,
    sender_key: PublicKey,
    log_key: Vkey,
    exchange: Path | None = None,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Details:
    """Fresh keys and folders below `home`; the folders that others see below `exchange`, if they are not to see `home`.

    Raises:
        StorageError: something is there already. Nothing is overwritten.
    """
    keys, seen = home / "keys", exchange or home
    for folder in (home, keys, seen / "inbox", seen / "acknowledgements", home / "received", home / "state"):
        durable.private_folder(folder)
    identity = generate_identity(random)
    durable.write_new(keys / "identity.key", f"{identity.spelled()}\n".encode("ascii"))
    answering = Keyring(folder=keys).create_signing("acknowledge")
    durable.write_new(keys / "sender", _allowed(sender, domain, sender_key).encode("ascii"))
    page = {
        "me": me, "sender": sender, "domain": domain, "log_key": log_key.spelled,
        "inbox": str(seen / "inbox"), "acknowledgements": str(seen / "acknowledgements"),
    }  # fmt: skip
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in page.items())
    durable.write_new(home / PAGE, "".join(lines).encode("utf-8"))
    return Details(
        recipient=identity.recipient().spelled(),
        acknowledgement_key=answering.public_line(f"acknowledge@{me}"),
        inbox=seen / "inbox",
        acknowledgements=seen / "acknowledgements",
    )


def _allowed(sender: str, domain: str, key: PublicKey) -> str:
    acts = ",".join(of_act(act, domain) for act in ("content", "envelope"))
    return f'{sender} namespaces="{acts}" {key.line()}\n'
