"""`gateway resolve`: a person says what became of a delivery that nobody could tell."""

from typing import Annotated

import typer

from gateway.cli.opening import Opened, person, prepare_side
from gateway.cli.staged import gate_of
from gateway.cli.usage import checked_word, typed_transfer
from gateway.cli.verbs import new_app
from gateway.contract.partner import UploadEndpoint
from gateway.story.concerns import LIES_STAGED
from gateway.story.settling import Verdict
from gateway.story.settling import resolve as resolve_transfer
from gateway.story.uploading import set_aside
from gateway.vocabulary.transfer import TransferId

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

    An acknowledgement that comes later still counts. A return that lies staged and will not be
    uploaded is 'absent': it is taken out of the folder.
    """
    wanted = typed_transfer(transfer)
    word = checked_word(reason)
    with prepare_side(context) as side:
        if verdict == "absent" and _lies_staged(side, wanted):
            set_aside(gate_of(side, wanted), wanted, reason=word, uid=person())
        else:
            resolve_transfer(side.gateway, wanted, verdict, reason=word, uid=person())
        side.voice.say(f"transfer {wanted} is resolved: {verdict}")


def _lies_staged(side: Opened, transfer: TransferId) -> bool:
    known = side.gateway.log.transfer(transfer)
    gate = side.gates.get(known.route)
    return known.stage in LIES_STAGED and gate is not None and isinstance(gate.route.partner.endpoint, UploadEndpoint)
