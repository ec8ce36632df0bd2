"""`gateway report --html MONTH`: one month for the information governance board."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.opening import prepare_side
from gateway.cli.report_page import page
from gateway.cli.session import Session
from gateway.cli.verbs import new_app
from gateway.footing import durable
from gateway.story.month import month_of
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.moment import london_day

app = new_app()
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@app.command()
def report(
    context: typer.Context,
    html: Annotated[str, typer.Option("--html", metavar="MONTH", help="As 2026-11.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="handoffs-MONTH.html if left out.")] = None,
) -> None:
    """Write one month as a page to print: handoffs, releases by rule, refusals, what was late.

    Small counts are not told, and nothing tells who or how many are on hold.
    """
    found = _MONTH.fullmatch(html)
    if not found or int(found[1]) == 0:
        raise UsageError("a month is not spelled like 2026-11", remedy="year and month, with -")
    if html > f"{london_day(Session.of(context).clock()):%Y-%m}":
        raise UsageError("that month has not begun", remedy="name one that has, as 2026-11")
    path = out or Path(f"handoffs-{html}.html")
    if path.exists():
        raise UsageError("the file is there already", remedy="name another with --out")
    with prepare_side(context) as side:
        latest = side.gateway.log.latest().checkpoint
        month = month_of(side.gateway, date(int(found[1]), int(found[2]), 1))
        text = page(month, council=side.gateway.sender, origin=latest.origin, size=latest.size, root=latest.root.hex())
        durable.write_new(path, text.encode())
        side.voice.say(f"written to {path}")
