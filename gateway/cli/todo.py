"""`gateway todo`: only what needs a person, each with the command to type."""

from typing import Annotated

import typer

from gateway.cli.concern_words import plain, said
from gateway.cli.opening import prepare_side
from gateway.cli.through_desk import DeskCommand
from gateway.cli.verbs import new_app
from gateway.service.attention import concerns_of
from gateway.vocabulary.errors import NeedsPerson

app = new_app()


@app.command(cls=DeskCommand)
def todo(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of lines.")] = False,
) -> int:
    """List what needs a person, the most pressing first, each with the command to type.

    Leaves with 0 if there is nothing to do, or with 3.
    """
    with prepare_side(context) as side:
        concerns = concerns_of(side.gateway, side.configuration, side.session.clock())
        if as_json:
            side.voice.say_json([plain(one) for one in concerns])
        elif not concerns:
            side.voice.say("nothing needs a person")
        else:
            for line in said(concerns):
                side.voice.say(line)
    return NeedsPerson.exit_code if concerns else 0
