"""`gateway hold`: children about whom nothing leaves; lifted by two people, listed for the reviewer alone."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from gateway.cli.agreeing import Desk, signs
from gateway.cli.child import asked_for
from gateway.cli.consent_words import kept_back_in_words, revoked_in_words
from gateway.cli.opening import Opened, prepare_side
from gateway.cli.own_hands import hands_of
from gateway.cli.through_desk import DeskCommand
from gateway.cli.usage import typed_transfer
from gateway.cli.verbs import new_app
from gateway.cli.voice import counted
from gateway.story.register.agreeing import Recorded
from gateway.story.register.approving import approve_held
from gateway.story.register.holding import Held, add_hold, lift_hold, list_holds, wanted_to_lift
from gateway.vocabulary import moment
from gateway.vocabulary.errors import NeedsPerson

app = new_app(help="Children who must not be disclosed at all.")
Why = Literal["refuge", "adoption", "protected-address", "witness-protection", "other"]


@app.command(cls=DeskCommand, short_help="withhold a child, and everybody at the address")
def add(
    context: typer.Context,
    reason: Annotated[Why, typer.Option("--reason", help="For the hold's reviewer alone; it is shown to nobody else.")],
) -> None:
    """Withhold a child, and everybody at the address if one is given, on every route.

    The child is asked for, or read from standard input as lines such as 'upn: …'. Give
    everything that is known: UPN, former UPN, ULN, local id, name with date of birth, first line
    of the address with postcode. The child is recognised by any of it.
    """
    with prepare_side(context) as side:
        child = asked_for(side.session)
        recorded = add_hold(side.gateway, side.gates, child, reason=reason, uid=side.uid)
        side.voice.say(f"hold {recorded.count} is in force")
        _say_revoked(side, recorded)
        _say_removals(side, recorded)


@app.command(cls=DeskCommand, short_help="end a hold, once two different people have signed")
def lift(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The hold's number; 'gateway hold list' shows it.")],
    key: Annotated[Path | None, typer.Option("--key", metavar="KEY", help="Your own OpenSSH private key.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking; you have read it.")] = False,
) -> None:
    """End a hold, once two different people have signed that it ends.

    The statement to sign is written into the folder you are in, as hold-ID.register.
    """
    name = f"hold-{number}"
    with prepare_side(context) as side, hands_of(side.session).papers(Path(name)) as papers:
        wanted = wanted_to_lift(side.gateway, number)
        desk = Desk(side=side, folder=papers, name=name, key=key, yes=yes)
        recorded = lift_hold(side.gateway, side.gates, number, agreed=desk.agree(wanted), uid=side.uid)
        side.voice.say(f"hold {number} is lifted")
        _say_revoked(side, recorded)


@app.command(cls=DeskCommand, short_help="let a return leave with children on hold in it")
def release(
    context: typer.Context,
    transfer: Annotated[
        str, typer.Argument(metavar="TRANSFER", help="It waits, on a route that answers holds by field.")
    ],
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="F", help="Leaves of children on hold too; none if not given. Repeat it."),
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="KEY", help="The hold officer's private key.")] = None,
) -> None:
    """Let a return leave with children on hold in it, should there be any: without what the route keeps back of them.

    Every file of such a route waits for this, whether or not anybody in it is on hold. Look first:
    'gateway preview FILE --route R --rules' counts them. --field names what leaves of them too,
    as the route's page spells it; once another hold is added or lifted, such an answer counts no longer.
    """
    with prepare_side(context) as side:
        sign = signs(side, key)
        if sign is None:
            raise NeedsPerson(
                "the hold officer approves it by name", remedy="give --key; officers stand in keys/signers/register"
            )
        approve_held(
            side.gateway, side.gates, typed_transfer(transfer), frozenset(field or ()), sign=sign, uid=side.uid
        )
        side.voice.say(f"transfer {transfer} has the hold officer's approval")


@app.command("list", cls=DeskCommand, short_help="all holds, for the hold reviewer alone")
def list_all(
    context: typer.Context,
    key: Annotated[Path | None, typer.Option("--key", metavar="KEY", help="The hold reviewer's private key.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of lines.")] = False,
) -> None:
    """Show the hold reviewer all holds: number, days, by what a child is recognised, and why.

    Who is held is not known here and cannot be shown. The look is receipted.
    """
    with prepare_side(context) as side:
        sign = signs(side, key)
        if sign is None:
            raise NeedsPerson(
                "holds are shown to their reviewer only", remedy="give --key; reviewers stand in keys/signers/register"
            )
        found = list_holds(side.gateway, sign=sign, uid=side.uid)
        if as_json:
            side.voice.say_json([_plain(one) for one in found])
        elif found:
            side.voice.say_table([_HEADER, *map(_line, found)])
        else:
            side.voice.say("there are no holds")


_HEADER = ["hold", "added", "lifted", "reason", "recognised by"]


def _line(one: Held) -> list[str]:
    lifted = moment.spell(one.hold.lifted) if one.hold.lifted else "-"
    return [str(one.hold.id), moment.spell(one.hold.added), lifted, one.hold.reason, ", ".join(one.kinds)]


def _plain(one: Held) -> dict[str, Any]:
    hold = one.hold
    return {
        "hold": hold.id, "added": moment.spell(hold.added), "lifted": moment.spell(hold.lifted) if hold.lifted else None,
        "added_by": hold.reviewer, "reason": hold.reason, "recognised_by": list(one.kinds),
    }  # fmt: skip


def _say_removals(side: Opened, recorded: Recorded) -> None:
    if recorded.removals:
        told = counted(recorded.removals, "partner is", "partners are")
        side.voice.say(f"{told} told to remove the child, at the next round")
    elif not recorded.kept_back:
        side.voice.say("no partner is told to remove the child: none was given it by a UPN or name that you typed")
    if recorded.kept_back:
        side.voice.say(kept_back_in_words(recorded.kept_back))


def _say_revoked(side: Opened, recorded: Recorded) -> None:
    if recorded.revoked:
        side.voice.say(revoked_in_words(recorded.revoked))
