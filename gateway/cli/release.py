"""`gateway release`: write the release statement of a dropped file now, instead of waiting for the service."""

import io
from pathlib import Path
from typing import Annotated

import typer

from gateway.approval.desk import statement_name
from gateway.cli.opening import configured, telemetry
from gateway.cli.verbs import new_app
from gateway.footing.drop_folder import DropFolder
from gateway.service.wiring import prepare_half
from gateway.story.dropped import Dropped
from gateway.story.refusing import Refusal
from gateway.story.stating import state
from gateway.vocabulary.errors import Refused, UsageError

app = new_app()


@app.command()
def release(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An extract in the route's drop folder.")],
    route: Annotated[str, typer.Option("--route", metavar="R", help="The route it is to leave by.")],
) -> None:
    """Count what would leave, and write the statement that two people sign.

    A file that could not leave as it is goes to refused/, with the reasons beside it.
    """
    session, configuration = configured(context)
    configuration.route(route)
    drop = configuration.workspace.drop_folder(route)
    if file.absolute().parent != drop.absolute():
        raise UsageError(f"the file is not in the drop folder of the route {route}", remedy="copy it there first")
    with prepare_half(configuration, clock=session.clock, telemetry=telemetry(session, io.StringIO())) as half:
        gates, _ = half.routes_of_now()
        gate = gates.get(route)
        if gate is None:
            raise Refused(f"the route {route} is suspended", remedy="'gateway doctor' says why")
        with DropFolder(drop) as folder:
            stated = state(Dropped(gate=gate, folder=folder, name=file.name), session.clock())
    if isinstance(stated, Refusal):
        raise Refused(
            "; ".join(reason.sentence for reason in stated.reasons), remedy="the file and the reasons are in refused/"
        )
    session.voice.say(stated[1].encode().decode("ascii").rstrip())
    session.voice.say()
    session.voice.say(
        f"written: {statement_name('NAME')} beside it, where NAME is the file's; next, 'gateway approve' twice"
    )
