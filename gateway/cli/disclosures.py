"""`gateway disclosures`: everything that was shared about one child."""

from typing import Annotated, Any

import typer

from gateway.cli.child import asked_for
from gateway.cli.opening import Opened, person, prepare_side
from gateway.cli.verbs import new_app
from gateway.story.disclosed import Shared, look_up
from gateway.story.notes import when
from gateway.vocabulary import moment

app = new_app()


@app.command()
def disclosures(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of lines.")] = False,
) -> None:
    """Say what was shared about one child: with whom, when, which fields, acknowledged or not.

    The child is asked for, or read from standard input as a line such as 'upn: …'; never an
    argument. The look-up is receipted. Values are not kept: which fields left is known, what
    stood in them is not.
    """
    with prepare_side(context) as side:
        found = look_up(side.gateway, asked_for(side.session), uid=person())
        if as_json:
            side.voice.say_json([_plain(side, one) for one in found])
            return
        if not found:
            side.voice.say("no handoff since the first had this child in its scope")
        for one in found:
            _say(side, one)


def _say(side: Opened, one: Shared) -> None:
    say = side.voice.say
    say(f"{when(one.sealed)}: route {one.route} to {_partner(side, one)} ({one.stage})")
    say(f"  purpose     {one.purpose}, by agreement {one.agreement}")
    if one.released:
        left = "released" if one.left else "was to be released"
        say(f"  {left:<10}  {_fields(one.released)}")
        if one.withheld:
            say(f"  withheld    {_fields(one.withheld)}: no consent covers them")
    else:
        say("  not released: nothing about this child left")
    say(f"  receipt     transfer {one.transfer}, leaf {one.leaf} of the log")
    say("  values are not kept: the partner, or the source, holds them")
    say()


def _partner(side: Opened, one: Shared) -> str:
    gate = side.gates.get(one.route)
    return gate.route.partner.name if gate and gate.route.partner.partner == one.partner else one.partner


def _fields(names: Any) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def _plain(side: Opened, one: Shared) -> dict[str, Any]:
    return {
        "transfer": one.transfer, "route": one.route, "partner": one.partner, "partner_name": _partner(side, one),
        "purpose": one.purpose, "agreement": one.agreement, "sealed": moment.spell(one.sealed),
        "stage": str(one.stage), "left": one.left, "released": list(one.released), "withheld": dict(one.withheld),
        "leaf": one.leaf,
    }  # fmt: skip
