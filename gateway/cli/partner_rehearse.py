"""`gateway partner rehearse`: invented children to a partner's server, and the partner's signed answer back."""

import shlex
import time
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.opening import Opened, configured, prepare_side
from gateway.cli.voice import Voice
from gateway.config.load import Configuration
from gateway.demo.released import rehearsal_file
from gateway.seal.acknowledgement import Acknowledgement
from gateway.service import rehearsing
from gateway.service.probing import route_to
from gateway.story.rehearsal import Invented
from gateway.story.rehearsal_carrying import EVERY, Carried, Patience
from gateway.vocabulary.errors import NeedsPerson, ParcelInvalid, UsageError
from gateway.vocabulary.moment import london_day


def rehearse(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The partner's name, as its page has it.")],
    seal: Annotated[
        Path | None, typer.Option("--seal", metavar="DIR", help="As prepare's user: the parcel, into a new folder.")
    ] = None,
    carry: Annotated[
        Path | None,
        typer.Option("--carry", metavar="DIR", help="As deliver's user: from there to the partner; its answer back."),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="DIR", help="As prepare's user: does the answer in this folder count?"),
    ] = None,
    wait: Annotated[
        int, typer.Option("--wait", metavar="SECONDS", min=0, max=3600, help="How long to look for the answer.")
    ] = 60,
) -> int:
    """Hand invented children to a partner, sealed and signed as real ones, and look for its answer.

    The parcel is marked as a rehearsal and uses up no number of a real route. It leaves with 0
    once the partner has signed for it, with 3 if no answer came in time, with 65 if the
    partner rejected it.

    Where each half has a user of its own it takes three steps, each as its user: --seal, --carry, --check.
    Each says the line for the next. --check is also for the answer to a kit's rehearsal that came by mail:
    the two files, alone in a folder.
    """
    if sum(map(bool, (seal, carry, check))) > 1:
        raise UsageError("--seal, --carry and --check are three steps", remedy="type one of them at a time")
    patience = Patience(looks=1 + int(wait / EVERY), wait=time.sleep)
    if carry:
        return _carry(context, name, carry.absolute(), patience)
    with prepare_side(context) as side:
        if check:
            answer = rehearsing.check(side.configuration, side.gateway, name, check.absolute())
            return _say_answer(side.voice, name, answer)
        if seal:
            return _seal(side, name, seal.absolute())
        invented = _invented(side, name)
        done = rehearsing.rehearse(side.configuration, side.gateway, name, invented, patience)
        _say_carried(side.voice, name, done.carried)
        return _say_answer(side.voice, name, done.answer)


def _invented(side: Opened, name: str) -> Invented:
    policy = route_to(side.configuration, name).policy
    data, rows = rehearsal_file(policy, london_day(side.session.clock()))
    side.voice.tell(f"{rows} invented children for {name}")
    return Invented(data=data, rows=rows)


def _seal(side: Opened, name: str, place: Path) -> int:
    transfer = rehearsing.seal_into(side.configuration, side.gateway, name, _invented(side, name), place)
    side.voice.say(f"{transfer} lies sealed in {place}; within the hour:")
    side.voice.say(f"  {_line(side.configuration, 'handoff-deliver', name, '--carry', place)}")
    return 0


def _carry(context: typer.Context, name: str, place: Path, patience: Patience) -> int:
    session, configuration = configured(context)
    done = rehearsing.carry(configuration, name, place, patience, session.clock)
    _say_carried(session.voice, name, done)
    if done.answer is None:
        _say_none(session.voice)
        session.voice.say(f"  later: {_line(configuration, 'handoff-deliver', name, '--carry', place)}")
        return NeedsPerson.exit_code
    session.voice.say(f"an answer lies in {place}, and nobody has verified it yet:")
    session.voice.say(f"  {_line(configuration, 'handoff-prepare', name, '--check', place)}")
    return 0


def _line(configuration: Configuration, user: str, name: str, step: str, place: Path) -> str:
    """What to type next, and as whom where that is somebody else."""
    words = f"gateway partner rehearse {name} {step} {shlex.quote(str(place))}"
    return f"sudo -u {user} {words}" if rehearsing.has_two_users(configuration) else words


def _say_carried(voice: Voice, name: str, done: Carried) -> None:
    if done.delivered is None:
        voice.say(f"{name} has answered {done.transfer} already")
    else:
        voice.say(f"{done.transfer} lies at {name}, verified by {done.delivered.verified_by}")


def _say_none(voice: Voice) -> None:
    voice.say("no answer yet: the partner runs 'gateway receive', or answers by its own program")


def _say_answer(voice: Voice, name: str, answer: Acknowledgement | None) -> int:
    if answer is None:
        _say_none(voice)
        return NeedsPerson.exit_code
    if answer.disposition == "rejected":
        voice.say(f"{name} rejected {answer.transfer} and signed that: {answer.code}")
        return ParcelInvalid.exit_code
    voice.say(f"{name} opened {answer.transfer} and signed for {answer.rows} rows")
    return 0
