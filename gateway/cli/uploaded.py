"""`gateway uploaded`: a person says that a staged return was uploaded, and under which reference."""

from typing import Annotated

import typer

from gateway.cli.opening import prepare_side
from gateway.cli.staged import gate_of
from gateway.cli.through_desk import DeskCommand
from gateway.cli.usage import typed_transfer
from gateway.cli.verbs import new_app
from gateway.story.uploading import uploaded as record_uploaded
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts

app = new_app()


@app.command(cls=DeskCommand)
def uploaded(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
    reference: Annotated[
        str,
        typer.Option("--reference", metavar="REFERENCE", help="What the portal calls it: capitals, digits, . / -"),
    ],
) -> None:
    """Close the handoff of a return that you have uploaded. The sealed parcel is taken out of the folder.

    The receipt says that you said so: a portal signs nothing, so it is never called acknowledged.
    """
    wanted = typed_transfer(transfer)
    try:
        Facts(reference=reference)
    except ValueError as error:
        raise UsageError(
            "--reference is not one: capitals, digits, full stops, slashes and hyphens, at most 40",
            remedy="copy the portal's own; it must not be a child's number or date",
        ) from error
    with prepare_side(context) as side:
        record_uploaded(gate_of(side, wanted), wanted, reference, uid=side.uid)
        side.voice.say(f"transfer {wanted} is closed: uploaded as {reference}")
