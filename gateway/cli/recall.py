"""`gateway recall`: a parcel that should not have left is taken back, as far as that can be."""

from typing import Annotated

import typer

from gateway.cli.opening import person, prepare_side
from gateway.cli.usage import checked_word, typed_transfer
from gateway.cli.verbs import new_app
from gateway.story.withdrawing import recall as recall_transfer

app = new_app()


@app.command()
def recall(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
    reason: Annotated[str, typer.Option("--reason", metavar="WORD", help="One word for the receipt, as wrong-file.")],
) -> None:
    """Prepare a removal of everybody whom a transfer released, from the partner that was given them.

    It leaves at the next round, without a second approver. What the partner has read it has
    read: whether this is a breach that must be reported is for the data protection officer,
    and 'gateway incident' has the numbers.
    """
    wanted = typed_transfer(transfer)
    word = checked_word(reason)
    with prepare_side(context) as side:
        removal = recall_transfer(side.gateway, side.gates, wanted, reason=word, uid=person())
        side.voice.say(f"transfer {removal.transfer}: {removal.partner} is told to remove them at the next round")
