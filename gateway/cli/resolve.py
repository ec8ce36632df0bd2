"""`gateway resolve`: a person says what became of a delivery that nobody could tell, or that nobody signed for."""

from typing import Annotated

import typer

from gateway.cli.opening import Opened, prepare_side
from gateway.cli.removal_words import say_list
from gateway.cli.staged import gate_of
from gateway.cli.through_desk import DeskCommand
from gateway.cli.usage import checked_word, typed_transfer
from gateway.cli.verbs import new_app
from gateway.contract.partner import UploadEndpoint
from gateway.story.concerns import LIES_STAGED
from gateway.story.settling import Verdict
from gateway.story.settling import resolve as resolve_transfer
from gateway.story.uploading import set_aside
from gateway.story.withdrawing import asked_to_remove
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.transfer import Stage, TransferId

app = new_app()


@app.command(cls=DeskCommand)
def resolve(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
    verdict: Annotated[
        Verdict,
        typer.Argument(
            metavar="VERDICT",
            help="delivered: they have it; absent: they have not; abandoned: nobody can tell, or nothing more will come.",
        ),
    ],
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="WORD", help="Why you know: lower case, hyphens; it stands in the receipt."),
    ],
) -> None:
    """Settle what deliver and partner leave open, after asking the partner. Nothing is sent again by this.

    What is in doubt: delivered, absent or abandoned. What was delivered and is not answered by a
    signature: delivered, once the partner has confirmed it in another way. What the partner has
    rejected: abandoned, once it is seen to. An acknowledgement that comes later still counts. A return
    that lies staged and will not be uploaded is 'absent': it is taken out of the folder.
    """
    wanted = typed_transfer(transfer)
    word = checked_word(reason)
    with prepare_side(context) as side:
        if _lies_staged(side, wanted, verdict):
            _set_aside(side, wanted, verdict, word)
        else:
            lines = asked_to_remove(side.gateway, wanted)
            resolve_transfer(side.gateway, wanted, verdict, reason=word, uid=side.uid)
            say_list(side.voice, lines)
        side.voice.say(f"transfer {wanted} is resolved: {verdict}")


def _set_aside(side: Opened, transfer: TransferId, verdict: Verdict, word: str) -> None:
    if verdict != "absent":
        raise UsageError(
            f"transfer {transfer} lies staged: it is {verdict} once somebody has uploaded it",
            remedy=f"gateway open {transfer}, upload it, then: gateway uploaded {transfer} --reference REFERENCE",
        )
    set_aside(gate_of(side, transfer), transfer, reason=word, uid=side.uid)


def _lies_staged(side: Opened, transfer: TransferId, verdict: Verdict) -> bool:
    """Also while its route is suspended; where its pages are gone nobody can say. `absent` may be said again after a crash."""
    known = side.gateway.log.transfer(transfer)
    endpoints = [route.partner.endpoint for route in side.configuration.routes if route.name == known.route]
    may_lie = known.stage in LIES_STAGED or (known.stage is Stage.RESOLVED and verdict == "absent")
    return may_lie and any(isinstance(one, UploadEndpoint) for one in endpoints)
