"""`gateway consent import`: decisions into the register."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.opening import person, prepare_side
from gateway.cli.verbs import new_app
from gateway.story.register import import_decisions

app = new_app(help="The consent register: decisions are added, never changed.")


@app.callback()
def consent() -> None:
    """Keeps `import` a word of its own while it is the only one."""


@app.command("import")
def import_file(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A CSV of decisions; docs/OPERATING.md has its columns.")
    ],
) -> None:
    """Add all decisions of a CSV, or none. What they overtake is taken back and judged again.

    A row that cannot be understood refuses the file; it is named by number and column.
    """
    with prepare_side(context) as side:
        recorded = import_decisions(side.gateway, side.gates, file, uid=person())
        side.voice.say(f"{recorded.count:,} decisions recorded")
        if recorded.revoked:
            side.voice.say(f"{recorded.revoked} undelivered parcels were taken back and are judged again")
