"""`gateway approve`: read a release statement and sign it, as preparer or as approver. What ssh-keygen -Y sign does."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.approval.desk import refuse_useless, statement_name
from gateway.approval.rules import ROLES
from gateway.approval.statement import LARGEST, Statement
from gateway.cli.opening import configured
from gateway.cli.passphrase import signing_key
from gateway.cli.session import Session
from gateway.cli.verbs import new_app
from gateway.config.load import Configuration
from gateway.footing.drop_folder import DropFolder
from gateway.story.gate import load_signers
from gateway.vocabulary.errors import NeedsPerson, SignerRejected, UsageError
from gateway.vocabulary.namespaces import of_route

app = new_app()


@app.command()
def approve(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The extract; its statement lies beside it.")],
    route: Annotated[str, typer.Option("--route", metavar="R", help="The route it is to leave by.")],
    key: Annotated[Path, typer.Option("--key", metavar="KEY", help="Your own OpenSSH private key.")],
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="prepare or approve.")] = "approve",
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking; you have read it.")] = False,
) -> None:
    """Show what is about to leave, and sign it with your own key.

    Two different people sign, with different keys: one prepares, one approves. A passphrase
    is asked for where the key has one. A file unlike the last handoff (its statement says
    beyond-limits) needs a second approver as well.
    """
    session, configuration = configured(context)
    if role not in ROLES:
        raise UsageError("--role takes prepare or approve", remedy="approve, if it is left out")
    configuration.route(route)
    with DropFolder(configuration.workspace.drop_folder(route)) as folder:
        _refuse_unstated(folder.names(), file.name, route)
        text = folder.read_small(statement_name(file.name), LARGEST)
        Statement.parse(text)
        _agree(session, text, yes)
        namespace = of_route(role, route, configuration.settings.domain)
        signature = signing_key(session, key).sign(text, namespace).encode("ascii")
        _refuse_useless(session, configuration, folder, file.name, signature, role, route)
        folder.write(_free_name(folder.names(), f"{statement_name(file.name)}.{role}"), signature)
    session.voice.say(f"signed as {'preparer' if role == 'prepare' else 'approver'}")


def _refuse_unstated(present: list[str], name: str, route: str) -> None:
    if statement_name(name) in present:
        return
    if name not in present or name.endswith(".release"):
        raise UsageError(
            f"there is no such extract in the drop folder of the route {route}",
            remedy="name the extract itself, not its statement: waiting.txt there has the line to type",
        )
    raise NeedsPerson(
        "there is no release statement beside this file yet",
        remedy="wait some seconds for the gateway to write it, or type 'gateway release'",
    )


def _refuse_useless(
    session: Session,
    configuration: Configuration,
    folder: DropFolder,
    name: str,
    signature: bytes,
    role: str,
    route: str,
) -> None:
    settings, at = configuration.settings, session.clock()
    signers = load_signers(configuration.workspace, frozenset(settings.pin_roles))
    try:
        refuse_useless(folder, name, signature, role, route=route, domain=settings.domain, signers=signers, at=at)
    except SignerRejected as error:  # beside the file, it would refuse it at the next round
        raise NeedsPerson(f"nothing was signed: {error.message}", remedy=error.remedy) from error


def _free_name(present: list[str], name: str) -> str:
    """Where somebody has signed in this role already, a second approver's signature goes beside it."""
    return f"{name}-2.sig" if f"{name}.sig" in present else f"{name}.sig"


def _agree(session: Session, text: bytes, yes: bool) -> None:
    session.voice.say(text.decode("ascii").rstrip())
    if yes:
        return
    session.voice.say()
    session.voice.ask("Sign this? Type yes: ")
    if session.stdin.readline().strip() != "yes":
        raise NeedsPerson("nothing was signed", remedy="type yes when you have read the statement and agree")
