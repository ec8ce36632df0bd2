"""`gateway resend`: hand over the same file once more, as a new transfer that is judged and signed anew."""

from typing import Annotated

import typer

from gateway.cli.opening import prepare_side
from gateway.cli.staged import gate_of
from gateway.cli.through_desk import DeskCommand
from gateway.cli.usage import typed_transfer
from gateway.cli.verbs import new_app
from gateway.story.resending import resend as resend_transfer

app = new_app()


@app.command(cls=DeskCommand)
def resend(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
) -> None:
    """Let the file of a handoff that has ended be handed over once more. Nothing is sent by this.

    The file lies in the drop folder again, or has to be dropped again; it gets a new statement
    and needs two new signatures, and what leaves is what the rules let out by then.
    """
    wanted = typed_transfer(transfer)
    with prepare_side(context) as side:
        gate = gate_of(side, wanted)
        resent = resend_transfer(gate, wanted, uid=side.uid)
        if resent.name:
            side.voice.say(f"{resent.name} lies in outbox/{gate.name}: it gets a new statement at the next round")
        else:
            side.voice.say(f"the file is not kept any more: drop it into outbox/{gate.name} again")
