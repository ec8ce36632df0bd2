"""`gateway route show|sign|draft`: what a route lets out, the data protection officer's signature over it, a new schema."""

import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.cli.opening import configured
from gateway.cli.passphrase import signing_key
from gateway.cli.route_words import in_words
from gateway.cli.session import Session
from gateway.cli.verbs import new_app
from gateway.config.load import Configuration
from gateway.config.signed_routes import covered, signature_path, unsigned_reason, verified
from gateway.contract.fields import Slug
from gateway.contract.route import Route
from gateway.footing import durable
from gateway.story.drafting import draft_schema, in_toml
from gateway.vocabulary.errors import NeedsPerson, SignatureInvalid, UsageError
from gateway.vocabulary.namespaces import of_route

app = new_app(help="Read a route as it stands, and sign it. Any change suspends it until it is signed again.")
RouteName = Annotated[str, typer.Argument(metavar="ROUTE", help="The route's name.")]


@app.command(short_help="a route in plain words, and whether it is signed")
def show(context: typer.Context, route: RouteName) -> None:
    """Say in plain words to whom, about whom, and what this route lets out, and whether it is signed."""
    session, configuration = configured(context)
    _show(session, configuration, configuration.route(route))


@app.command(short_help="sign a route, or its partner as the second person")
def sign(
    context: typer.Context,
    route: RouteName,
    key: Annotated[Path, typer.Option("--key", metavar="KEY", help="Your own OpenSSH private key.")],
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking; you have read it.")] = False,
    role: Annotated[
        Literal["route", "partner"],
        typer.Option("--as", help="The officer, over all; or a second person, over the partner."),
    ] = "route",
) -> None:
    """Show the route, and sign it: the officer whole, a second person the partner's record.

    The second signature covers where the data goes and whose keys open it, and is needed again only
    when that changes.
    """
    session, configuration = configured(context)
    page = configuration.route(route)
    _show(session, configuration, page)
    if not yes:
        session.voice.ask("Sign this route as it stands? Type yes: ")
        if session.stdin.readline().strip() != "yes":
            raise NeedsPerson("nothing was signed", remedy="type yes when you have read the route and agree")
    namespace = of_route(role, route, configuration.settings.domain)
    signature = signing_key(session, key).sign(covered(page, role), namespace).encode("ascii")
    try:
        verified(configuration, page, role, signature, session.clock())
    except SignatureInvalid as error:  # written over the one that counts, it would suspend the route
        raise NeedsPerson(f"nothing was signed: {error.message}", remedy=error.remedy) from error
    durable.replace(signature_path(configuration.home, route, role), signature, 0o644)
    if waiting := unsigned_reason(configuration, page, session.clock()):
        session.voice.say(f"signed; {waiting.sentence}. {waiting.remedy}")
    else:
        session.voice.say(f"the route {route} is signed and may be used")


@app.command(short_help="propose a schema page for a new kind of extract")
def draft(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An extract of the new kind, with its header.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the schema is to be called.")] = "new",
) -> None:
    """Propose a schema page for a new kind of extract, to be finished by hand and put into config/schemas/.

    Headers are matched with the standard names; cells are looked at to guess their shapes, and none is shown.
    """
    session = Session.of(context)
    if not re.fullmatch(Slug, name):
        raise UsageError("that is no name for a page", remedy="lower case, digits, and hyphens between them")
    try:
        with file.open("rb") as stream:
            proposed = draft_schema(stream)
    except OSError as error:
        raise UsageError("the file cannot be read", remedy="check that it is there and that you may read it") from error
    for line in in_toml(proposed, name):
        session.voice.say(line)


def _show(session: Session, configuration: Configuration, route: Route) -> None:
    for line in in_words(route):
        session.voice.say_folded(line)
    unsigned = unsigned_reason(configuration, route, session.clock())
    session.voice.say(unsigned.sentence if unsigned else "Signed as it stands.")
