"""`gateway status`: where everything stands that has not ended, and what needs a person."""

from typing import Annotated, Any

import typer

from gateway.cli.opening import Opened, prepare_side
from gateway.cli.verbs import new_app
from gateway.config.signed_routes import usable_routes
from gateway.story.standing import Standing, open_transfers
from gateway.vocabulary import moment
from gateway.vocabulary.errors import NeedsPerson

app = new_app()


@app.command()
def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> int:
    """Say where each handoff stands that has not come to its end, and what needs a person.

    Leaves with 0, or with 3 if a person must do something.
    """
    with prepare_side(context) as side:
        standing = open_transfers(side.gateway)
        routes = _routes(side)
        if as_json:
            side.voice.say_json({"routes": routes, "transfers": [_plain(one) for one in standing]})
        else:
            _say(side, routes, standing)
    stuck = any(route["state"] != "in-service" for route in routes)
    return NeedsPerson.exit_code if stuck or any(one.needs_person for one in standing) else 0


def _routes(side: Opened) -> list[dict[str, str]]:
    usable, suspended = usable_routes(side.configuration, side.session.clock())
    return [
        *({"route": route.name, "state": "in-service", "why": ""} for route in usable),
        *({"route": one.route, "state": "suspended", "why": one.sentence} for one in suspended),
        *(
            {"route": one.route, "state": "out-of-service", "why": "its pages have faults: 'gateway doctor'"}
            for one in side.configuration.out_of_service
        ),
    ]


def _say(side: Opened, routes: list[dict[str, str]], standing: list[Standing]) -> None:
    for route in routes:
        side.voice.say(f"route {route['route']}: {route['state']}" + (f", {route['why']}" if route["why"] else ""))
    if not standing:
        side.voice.say("nothing is under way")
        return
    side.voice.say()
    side.voice.say_table(
        [("transfer", "route", "stands at", "since", "what to do")]
        + [(one.transfer, one.route, str(one.stage), moment.spell(one.since), one.to_do() or "-") for one in standing]
    )


def _plain(one: Standing) -> dict[str, Any]:
    return {
        "transfer": one.transfer, "route": one.route, "partner": one.partner, "stage": str(one.stage),
        "since": moment.spell(one.since), "needs_person": one.needs_person, "to_do": one.to_do(),
    }  # fmt: skip
