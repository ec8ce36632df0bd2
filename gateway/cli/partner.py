"""`gateway partner …`: what concerns one receiving body. One file a verb; here they are only put together."""

import typer

from gateway.cli.partner_kit import kit
from gateway.cli.partner_probe import probe
from gateway.cli.partner_rehearse import rehearse
from gateway.cli.partner_serve import serve
from gateway.cli.verbs import new_app

app = new_app(help="Reach a partner, rehearse with it, stand in for it.")
app.command(short_help="what a new partner is given, in a folder")(kit)
app.command(short_help="what the partner's server can do")(probe)
app.command(short_help="hand over invented children, up to the answer")(rehearse)
app.command(short_help="stand in for a partner on this machine")(serve)


@app.callback()
def partner(_context: typer.Context) -> None:
    """Reach a partner, rehearse with it, stand in for it."""
