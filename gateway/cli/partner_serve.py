"""`gateway partner serve`: a stand-in for a partner's SFTP server, with faults on demand."""

import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.session import Session
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import durable
from gateway.footing.plain_file import read_plain
from gateway.partner.standin.faults import MENU, NONE, Faults
from gateway.partner.standin.server import StandIn
from gateway.partner.standin.server import serve as start
from gateway.vocabulary.errors import UsageError

HOST_KEY, FILES = "host.key", "files"
_LARGEST = 16 * 1024
_NAMES = ", ".join(MENU)


def serve(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Its host key and its files; made if it is not there.")],
    key: Annotated[
        Path, typer.Option("--key", metavar="FILE", help="Whose login is taken: keys/public/sftp-ROUTE.pub.")
    ],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any that is free.")] = 0,
    fault: Annotated[str | None, typer.Option("--fault", metavar="NAME", help=f"Misbehave: {_NAMES}.")] = None,
) -> None:
    """Stand in for a partner on this machine: an SFTP server for rehearsals and tests.

    NOT FOR PRODUCTION: it serves the loopback interface only, to one key, and can be told to
    misbehave. It runs until it is interrupted.
    """
    session, faults = Session.of(context), _faults(fault)
    authorised = read_plain(key, _LARGEST, what="a public key").decode("ascii", "replace").strip()
    for name in ("inbox", "acknowledgements"):
        durable.private_folder(folder / FILES / name)
    with start(folder / FILES, _host_key(folder), authorised, port=port) as server:
        server.misbehave(faults)
        _introduce(session, server, fault)
        threading.Event().wait()


def _faults(name: str | None) -> Faults:
    if name is None:
        return NONE
    if name not in MENU:
        raise UsageError("there is no such fault", remedy=f"name one of these: {_NAMES}")
    return MENU[name][0]


def _host_key(folder: Path) -> bytes:
    """Made once and kept, so that it can be pinned."""
    path = folder / HOST_KEY
    if not path.exists():
        durable.write_new(path, SigningKey.generate_ed25519().openssh_private("stand-in"))
    return read_plain(path, _LARGEST, what="the stand-in's host key")


def _introduce(session: Session, server: StandIn, fault: str | None) -> None:
    """It says what it is, and then what the partner's page needs, as TOML: who reads that may end it at once."""
    session.voice.tell("a stand-in for rehearsals and tests, not for production; Ctrl-C ends it")
    if fault:
        session.voice.tell(f"it {MENU[fault][1]}")
    values: dict[str, Any] = {
        "host": '"127.0.0.1"', "port": server.port, "username": '"council"', "host_keys": f'["{server.host_key_line}"]',
    }  # fmt: skip
    session.voice.say("[endpoint]")
    for name, value in values.items():
        session.voice.say(f"{name} = {value}")
    session.voice.out.flush()
