"""`gateway init DIR`: a working starter set in a new folder, and what to do next."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.session import Session
from gateway.cli.verbs import new_app
from gateway.config.starter import EXAMPLE_DOMAIN, write

app = new_app()


@app.command()
def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    domain: Annotated[
        str, typer.Option("--domain", help="Your gateway's own name; people sign under it, and it may never change.")
    ] = EXAMPLE_DOMAIN,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="DIR", help="The service's own folder; DIR/state otherwise.")
    ] = None,
    outbox: Annotated[
        Path | None, typer.Option("--outbox", metavar="DIR", help="Where staff drop extracts; DIR/outbox otherwise.")
    ] = None,
) -> None:
    """Write a working starter set: pages under config/, fresh keys, empty lists of signers, folders.

    Partners are examples: their routes stay out of service until their pages are filled in.
    Nothing is overwritten: a folder that holds something is refused.
    """
    voice = Session.of(context).voice
    places = {name: str(place.absolute()) for name, place in (("state", state), ("outbox", outbox)) if place}
    starter = write(folder.absolute(), domain=domain, settings=places)
    voice.say(f"written: {len(starter.public_keys)} signing keys, the pages under config/, and the folders staff use")
    voice.say("next:")
    steps = (
        *((f"set 'domain' in config/gateway.toml, and the names in keys/signers: {domain} is an example",) * (domain == EXAMPLE_DOMAIN)),
        f"send each partner what 'gateway --home {folder} partner kit NAME' writes, and fill in config/partners/NAME.toml",
        "add a line for each person to keys/signers/prepare, approve, route, partner and register: each file says how",
        "back up state/prepare/private apart from everything else: keys/README.md says why",
        f"see what is missing:  gateway --home {folder} doctor",
    )  # fmt: skip
    for number, step in enumerate(steps, start=1):
        voice.say(f"  {number}. {step}")
