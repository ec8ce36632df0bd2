"""`gateway partner …`: what concerns one receiving body. One file a verb; here they are only put together."""

import typer

from gateway.cli.partner_kit import kit
from gateway.cli.partner_probe import probe
from gateway.cli.partner_rehearse import rehearse
from gateway.cli.partner_serve import serve
from gateway.cli.verbs import new_app

app = new_app(help="Reach a partner, rehearse with it, stand in for it.")
app.command()(kit)
app.command()(probe)
app.command()(rehearse)
app.command()(serve)


@app.callback()
def partner(_context: typer.Context) -> None:
    """Reach a partner, rehearse with it, stand in for it."""
