"""`gateway retry`: deliver takes up a failed parcel again, once its cause has been mended."""

from typing import Annotated

import typer

from gateway.cli.opening import prepare_side
from gateway.cli.through_desk import DeskCommand
from gateway.cli.usage import typed_transfer
from gateway.cli.verbs import new_app
from gateway.story.retrying import retry as retry_transfer

app = new_app()


@app.command(cls=DeskCommand)
def retry(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
) -> None:
    """Try again what failed: a changed host key, refused credentials or a taken name wait for this.

    A parcel whose time has passed meanwhile is minimised again by the rules of now.
    """
    wanted = typed_transfer(transfer)
    with prepare_side(context) as side:
        retry_transfer(side.gateway, wanted, uid=side.uid)
        side.voice.say(f"transfer {wanted} is tried again at the next round")
