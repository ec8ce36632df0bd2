"""`gateway resolve`: a person says what became of a delivery that nobody could tell."""

from typing import Annotated

import typer

from gateway.cli.opening import person, prepare_side
from gateway.cli.usage import checked_word, typed_transfer
from gateway.cli.verbs import new_app
from gateway.story.settling import Verdict
from gateway.story.settling import resolve as resolve_transfer

app = new_app()


@app.command()
def resolve(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
    verdict: Annotated[
        Verdict,
        typer.Argument(
            metavar="VERDICT", help="delivered: they have it; absent: they have not; abandoned: nobody can tell."
        ),
    ],
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="WORD", help="Why you know: lower case, hyphens; it stands in the receipt."),
    ],
) -> None:
    """Settle a delivery that is in doubt, after asking the partner. Nothing is sent again by this.

    An acknowledgement that comes later still counts.
    """
    wanted = typed_transfer(transfer)
    word = checked_word(reason)
    with prepare_side(context) as side:
        resolve_transfer(side.gateway, wanted, verdict, reason=word, uid=person())
        side.voice.say(f"transfer {wanted} is resolved: {verdict}")
