"""`gateway open`: a return that is staged for an upload, opened by the person it is sealed to."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.opening import prepare_side
from gateway.cli.own_hands import hands_of
from gateway.cli.staged import gate_of
from gateway.cli.through_desk import DeskCommand
from gateway.cli.usage import typed_transfer
from gateway.cli.verbs import new_app
from gateway.story.uploading import record_opened, staged_parcel, staging_folder

app = new_app()


@app.command(name="open", cls=DeskCommand)
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
        gate = gate_of(side, wanted)
        staged = staged_parcel(gate, wanted)
        with hands_of(side.session).parcel(staged, staging_folder(gate), identity, into) as parcel:
            rows = record_opened(gate, wanted, uid=side.uid)
            side.voice.say(f"{parcel.keep()}: {rows} rows")
        side.voice.say(f"once it is uploaded, delete it, then: gateway uploaded {wanted} --reference REFERENCE")
