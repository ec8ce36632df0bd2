"""`gateway open`: a return that is staged for an upload, opened by the person it is sealed to."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.opening import person, prepare_side
from gateway.cli.staged import gate_of
from gateway.cli.usage import typed_transfer
from gateway.cli.verbs import new_app
from gateway.crypto.age.identity_file import read_identities
from gateway.footing.plain_file import read_plain
from gateway.story.uploading import open_staged

app = new_app()
_LARGEST = 64 * 1024


@app.command(name="open")
def open_return(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
    identity: Annotated[Path, typer.Option("--identity", metavar="FILE", help="Your own age identity.")],
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="A folder of yours alone; made if need be.")],
) -> None:
    """Verify and open a return that is staged for you, so that you can upload it.

    It is verified as any partner verifies a parcel. The file holds children's data: delete it
    once it is uploaded, and close the handoff with 'gateway uploaded'. What else lies in DIR is
    left alone; if opening was broken off, open into the same DIR again, which clears up after it.
    """
    wanted = typed_transfer(transfer)
    with prepare_side(context) as side:
        ask = (lambda: getpass.getpass("Passphrase of your identity: ")) if side.session.stdin.isatty() else None
        identities = read_identities(read_plain(identity, _LARGEST, what="the identity"), ask)
        gate = gate_of(side, wanted)
        opened = open_staged(gate, wanted, identities, into.absolute(), at=side.session.clock(), uid=person())
        side.voice.say(f"{opened.path}: {opened.rows} rows")
        side.voice.say(f"once it is uploaded, delete it, then: gateway uploaded {wanted} --reference REFERENCE")
