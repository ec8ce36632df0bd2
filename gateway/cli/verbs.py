"""The table of verbs, and the group that imports a verb's module only when that verb runs.

Adding a verb: one module with `app = new_app()` and its commands, one line in the table. A
module with one command is the verb itself, with several it is a verb with verbs below it.
`gateway --help` reads this table and imports none of them.
"""

import gc
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from gateway.vocabulary.errors import UsageError

VERBS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("gateway.cli.demo", "the whole thing on this machine, stand-in partners included"),
    "init": ("gateway.cli.init", "write a working starter set into a new folder"),
    "doctor": ("gateway.cli.doctor", "look at everything a handoff needs, and say what is missing"),
    "run": ("gateway.cli.run", "pick up, seal, deliver: for ever, or once"),
    "preview": ("gateway.cli.preview", "what an extract would release now, and nothing of it released"),
    "release": ("gateway.cli.release", "write the release statement of a dropped file now"),
    "approve": ("gateway.cli.approve", "read a release statement and sign it"),
    "status": ("gateway.cli.status", "where everything stands, and what needs a person"),
    "todo": ("gateway.cli.todo", "only what needs a person, each with the command to type"),
    "alerts": ("gateway.cli.alerts", "send a trial alert by every channel: does anybody hear?"),
    "purge": ("gateway.cli.purge", "unlink what has been kept as long as it may be; legal holds"),
    "report": ("gateway.cli.report", "a month for the information governance board, as a page"),
    "receipts": ("gateway.cli.receipts", "what happened: list, show, verify, prove, export"),
    "disclosures": ("gateway.cli.disclosures", "everything shared about one child"),
    "incident": ("gateway.cli.incident", "what a handoff released, and of whom: an Article 33 report"),
    "consent": ("gateway.cli.consent", "decisions about consent: import, record, withdraw, show"),
    "hold": ("gateway.cli.hold", "children on hold: add, lift, list; let a return leave"),
    "partner": ("gateway.cli.partner", "a partner: its kit, a probe, a rehearsal, a stand-in"),
    "withdraw": ("gateway.cli.withdraw", "take back what partners hold about one child"),
    "recall": ("gateway.cli.recall", "stop a handoff before it leaves; or take back all whom it released"),
    "route": ("gateway.cli.route", "read a route and sign it; draft the schema of an extract"),
    "keys": ("gateway.cli.keys", "make, show, rotate and retire the gateway's keys"),
    "retry": ("gateway.cli.retry", "try again what failed, once its cause is mended"),
    "resend": ("gateway.cli.resend", "hand over the same file once more, as a new transfer"),
    "resolve": ("gateway.cli.resolve", "say what became of a delivery in doubt, or not answered"),
    "open": ("gateway.cli.open", "open a return that is staged for you to upload"),
    "uploaded": ("gateway.cli.uploaded", "say that a staged return was uploaded, and its reference"),
    "receive": ("gateway.cli.receive", "the partner's side: verify, open, load, answer, purge"),
}
"""Verb: its module, and its line in the help."""


def new_app(**settings: Any) -> typer.Typer:
    """A Typer app as all of ours are: plain help, no completion, and no traceback that shows locals."""
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, **settings)


class VerbGroup(TyperGroup):
    """Lists verbs from the table, and loads the one that is meant."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the framework's signature
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:  # noqa: ARG002
        """A stub that can say its line in the help."""
        return TyperCommand(cmd_name, help=VERBS[cmd_name][1]) if cmd_name in VERBS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name = args[0]
        if name not in VERBS:
            close = get_close_matches(name, VERBS, n=1)
            remedy = f"did you mean 'gateway {close[0]}'?" if close else "'gateway --help' lists the verbs"
            raise UsageError("there is no such verb", remedy=remedy)
        ctx.obj.words = tuple(args)
        return name, typer.main.get_command(_loaded(VERBS[name][0]).app), args[1:]


def _loaded(module: str) -> Any:
    """What importing makes stays: looking through it for rubbish on the way takes a tenth of the time."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.enable()
