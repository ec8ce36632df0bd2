"""`gateway approve`: read a release statement and sign it, as preparer or as approver. What ssh-keygen -Y sign does."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.approval.desk import statement_name
from gateway.approval.rules import ROLES
from gateway.approval.statement import LARGEST, Statement
from gateway.cli.opening import configured
from gateway.cli.passphrase import signing_key
from gateway.cli.session import Session
from gateway.cli.verbs import new_app
from gateway.footing.drop_folder import DropFolder
from gateway.vocabulary.errors import NeedsPerson, UsageError
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
        if statement_name(file.name) not in folder.names():
            raise NeedsPerson(
                "there is no release statement beside this file yet",
                remedy="wait some seconds for the gateway to write it, or type 'gateway release'",
            )
        text = folder.read_small(statement_name(file.name), LARGEST)
        Statement.parse(text)
        _agree(session, text, yes)
        signature = signing_key(session, key).sign(text, of_route(role, route, configuration.settings.domain))
        folder.write(_free_name(folder.names(), f"{statement_name(file.name)}.{role}"), signature.encode("ascii"))
    session.voice.say(f"signed as {'preparer' if role == 'prepare' else 'approver'}")


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
