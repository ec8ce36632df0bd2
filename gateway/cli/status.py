"""`gateway status`: where everything stands that has not ended, and what needs a person."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from gateway.cli.concern_words import plain as plain_concern
from gateway.cli.concern_words import said
from gateway.cli.machine_words import ONE, table
from gateway.cli.machine_words import plain as plain_machine
from gateway.cli.opening import Opened, configured, prepare_side
from gateway.cli.through_desk import DeskCommand
from gateway.cli.verbs import new_app
from gateway.config.signed_routes import usable_routes
from gateway.footing.turn import HALVES, machines
from gateway.service.attention import concerns_of
from gateway.story.concerns import Concern
from gateway.story.standing import Standing, open_transfers
from gateway.vocabulary import moment
from gateway.vocabulary.alert import Level
from gateway.vocabulary.errors import NeedsPerson

app = new_app()


@app.command(cls=DeskCommand)
def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
    nodes: Annotated[
        bool, typer.Option("--nodes", help="Say instead which machines there are, and which of them works.")
    ] = False,
) -> int:
    """Say where each handoff stands that has not come to its end, and what needs a person.

    For monitoring: leaves with 0, or with 3 if a person must do something, or if anything is late.
    Warnings do not count; they are told. With --nodes, 3 says that a half is at work nowhere.
    """
    if nodes:
        return _say_nodes(context, as_json=as_json)
    with prepare_side(context) as side:
        standing = open_transfers(side.gateway, side.configuration.routes)
        concerns = concerns_of(side.gateway, side.configuration, side.session.clock())
        routes = _routes(side)
        code = _code(standing, concerns)
        if as_json:
            side.voice.say_json(_plain(side, routes, standing, concerns, code))
        else:
            _say(side, routes, standing, concerns)
    return code


def _say_nodes(context: typer.Context, *, as_json: bool) -> int:
    session, configuration = configured(context)
    urls = {url for url in (configuration.settings.ledger, configuration.settings.deliver_store) if url}
    found = sorted(
        {one for url in urls for one in machines(url)}, key=lambda one: (one.half, not one.has_turn, one.name)
    )
    at_work = {one.half for one in found if one.has_turn}
    code = NeedsPerson.exit_code if urls and at_work != HALVES.keys() else 0
    if as_json:
        session.voice.say_json({"machines": list(map(plain_machine, found)), "exit_code": code})
    elif urls:
        session.voice.say_table(list(table(found)))
    else:
        session.voice.say(ONE)
    return code


def _code(standing: Sequence[Standing], concerns: Sequence[Concern]) -> int:
    needed = any(one.needs_person for one in standing) or any(one.level is Level.ALARM for one in concerns)
    return NeedsPerson.exit_code if needed else 0


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


def _say(side: Opened, routes: list[dict[str, str]], standing: list[Standing], concerns: list[Concern]) -> None:
    for route in routes:
        why = route["why"].removeprefix(f"the route {route['route']} is {route['state']}: ")
        side.voice.say(f"route {route['route']}: {route['state']}" + (f", {why}" if why else ""))
    if standing:
        side.voice.say()
        side.voice.say_table(
            [("transfer", "route", "stands at", "since", "what to do")]
            + [
                (one.transfer, one.route, str(one.stage), moment.spell(one.since), one.to_do() or "-")
                for one in standing
            ]
        )
    else:
        side.voice.say("nothing is under way")
    others = [one for one in concerns if one.transfer is None or one.level is Level.ALARM]
    if others:
        side.voice.say()
    for line in said(others):
        side.voice.say(line)


def _plain(
    side: Opened, routes: list[dict[str, str]], standing: list[Standing], concerns: list[Concern], code: int
) -> dict[str, Any]:
    latest = side.gateway.log.latest().checkpoint
    return {
        "routes": routes,
        "transfers": [_standing(one) for one in standing],
        "concerns": [plain_concern(one) for one in concerns],
        "log": {"origin": latest.origin, "size": latest.size, "root": latest.root.hex()},
        "exit_code": code,
    }


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "transfer": one.transfer, "route": one.route, "partner": one.partner, "stage": str(one.stage),
        "since": moment.spell(one.since), "needs_person": one.needs_person, "to_do": one.to_do(),
    }  # fmt: skip
