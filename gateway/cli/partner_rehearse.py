"""`gateway partner rehearse`: invented children to a partner's server, and the partner's signed answer back."""

import time
from typing import Annotated

import typer

from gateway.cli.opening import prepare_side
from gateway.cli.voice import Voice
from gateway.demo.released import rehearsal_file
from gateway.service.probing import route_to
from gateway.service.rehearsing import EVERY, Invented, Rehearsed
from gateway.service.rehearsing import rehearse as rehearse_with
from gateway.vocabulary.errors import NeedsPerson, ParcelInvalid
from gateway.vocabulary.moment import london_day


def rehearse(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The partner's name, as its page has it.")],
    wait: Annotated[
        int, typer.Option("--wait", metavar="SECONDS", min=0, max=3600, help="How long to look for the answer.")
    ] = 60,
) -> int:
    """Hand invented children to a partner, sealed and signed as real ones, and look for its answer.

    The parcel is marked as a rehearsal and uses up no number of a real route. It leaves with 0
    once the partner has signed for it, with 3 if no answer came in time, with 65 if the
    partner rejected it. It needs the keys of both halves: not on a server with a user for each.
    """
    with prepare_side(context) as side:
        policy = route_to(side.configuration, name).policy
        data, rows = rehearsal_file(policy, london_day(side.session.clock()))
        side.voice.tell(f"{rows} invented children leave for {name}")
        done = rehearse_with(
            side.configuration,
            side.gateway,
            name,
            Invented(data=data, rows=rows),
            looks=1 + int(wait / EVERY),
            wait=time.sleep,
        )
        return _say(side.voice, name, done)


def _say(voice: Voice, name: str, done: Rehearsed) -> int:
    voice.say(f"{done.transfer} lies at {name}, verified by {done.delivered.verified_by}")
    if done.answer is None:
        voice.say("no answer yet: the partner runs 'gateway receive', or answers by its own program")
        return NeedsPerson.exit_code
    if done.answer.disposition == "rejected":
        voice.say(f"{name} rejected it and signed that: {done.answer.code}")
        return ParcelInvalid.exit_code
    voice.say(f"{name} opened it and signed for {done.answer.rows} rows")
    return 0
