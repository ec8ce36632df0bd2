"""`gateway recall`: what should not leave, or should not have left, is taken back, as far as that can be."""

from typing import Annotated

import typer

from gateway.cli.opening import prepare_side
from gateway.cli.removal_words import say_list
from gateway.cli.through_desk import DeskCommand
from gateway.cli.usage import checked_word, typed_transfer
from gateway.cli.verbs import new_app
from gateway.story.recalling import Stopped
from gateway.story.recalling import recall as recall_transfer
from gateway.story.withdrawing import asked_to_remove

app = new_app()


@app.command(cls=DeskCommand)
def recall(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
    reason: Annotated[str, typer.Option("--reason", metavar="WORD", help="One word for the receipt, as wrong-file.")],
) -> None:
    """Stop a handoff that has not left; or have its partner remove everybody whom it released.

    Before it has left, and also when its delivery has failed, it is not tried again and the extract
    comes back under refused/. Afterwards a removal leaves at the next round. Neither needs a second
    person. What the partner has read it has read: whether this is a breach that must be reported
    is for the data protection officer, and 'gateway incident' has the numbers.
    """
    wanted = typed_transfer(transfer)
    word = checked_word(reason)
    with prepare_side(context) as side:
        lines = asked_to_remove(side.gateway, wanted)
        done = recall_transfer(side.gateway, side.gates, wanted, reason=word, uid=side.uid)
        if isinstance(done, Stopped) and done.is_removal:
            side.voice.say(f"transfer {wanted} is given up: tell its partner yourself what is to go")
            say_list(side.voice, lines)
        elif isinstance(done, Stopped):
            side.voice.say(
                f"transfer {wanted} is stopped: once deliver has let go of it, its extract is under refused/"
            )
            side.voice.say("if it left in this very moment, 'gateway todo' and 'gateway status' show what became of it")
        else:
            side.voice.say(f"transfer {done.transfer}: {done.partner} is told to remove them at the next round")
