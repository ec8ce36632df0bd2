"""`gateway purge`: unlink what has been kept as long as it may be, and keep what a claim or an inquiry needs."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.child import ASKED_SUBJECT, asked_for
from gateway.cli.opening import Opened, prepare_side
from gateway.cli.through_desk import DeskCommand
from gateway.cli.usage import typed_transfer
from gateway.cli.verbs import new_app
from gateway.cli.voice import counted
from gateway.story.keeping import hold_child, import_contacts
from gateway.story.purging import purge as purge_route
from gateway.story.retention import due, hold, purge_due
from gateway.vocabulary.errors import UsageError

app = new_app()


@app.command(cls=DeskCommand)
def purge(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is due, and what keeps it.")] = False,
    held: Annotated[
        str | None, typer.Option("--legal-hold", metavar="ID", help="Keep this transfer's evidence.")
    ] = None,
    lifted: Annotated[
        str | None, typer.Option("--lift", metavar="ID", help="End the legal hold of this transfer.")
    ] = None,
    child_held: Annotated[
        bool, typer.Option("--legal-hold-child", help="Keep whatever tells of one child, who is asked for.")
    ] = False,
    child_lifted: Annotated[bool, typer.Option("--lift-child", help="End the legal hold of one child.")] = False,
    contacts: Annotated[
        Path | None, typer.Option("--last-contact", metavar="FILE", help="Take over a file upn,last_contact.")
    ] = None,
) -> None:
    """Unlink extracts after `arrival_days`, disclosures and receipts' bodies after `evidence_years`.

    The years of a transfer begin with its last step, or with the last contact with any child that its
    disclosures tell of, as the newest --last-contact file says; a legal hold keeps it. Every purge is a receipt.

    The service unlinks extracts by itself; evidence goes here alone. Hashes stay, so that the
    log verifies as before. Unlinked is not shredded: snapshots and backups go by their own schedule.
    """
    asked_for_one = (held is not None, lifted is not None, contacts is not None)  # also where it is empty: no purge
    if sum((dry_run, child_held, child_lifted, *asked_for_one)) > 1:
        raise UsageError("these options are about different things", remedy="give one of them")
    with prepare_side(context) as side:
        if contacts is not None:
            if not contacts.exists():
                raise UsageError("there is no such file", remedy="check its name and its folder")
            count = import_contacts(side.gateway, contacts, uid=side.uid)
            side.voice.say(f"receipted: the last contact with {counted(count, 'child', 'children')}")
        elif child_held or child_lifted or any(asked_for_one):
            named = held if held is not None else lifted
            _hold(side, named, is_lifted=lifted is not None or child_lifted)
        elif dry_run:
            _say_due(side)
        else:
            _purge(side)


def _say_due(side: Opened) -> None:
    found = list(due(side.gateway, side.session.clock()))
    for one in found:
        side.voice.say(f"{one.transfer}  {f'kept: {one.why}' if one.why else 'due'}")
    if not found:
        side.voice.tell("no evidence has come to its time")


def _hold(side: Opened, transfer: str | None, *, is_lifted: bool) -> None:
    if transfer is not None:
        hold(side.gateway, typed_transfer(transfer), lifted=is_lifted, uid=side.uid)
    else:
        hold_child(side.gateway, asked_for(side.session, ASKED_SUBJECT), lifted=is_lifted, uid=side.uid)
    evidence = "its evidence" if transfer is not None else "whatever tells of this child"
    side.voice.say(f"receipted: {evidence} " + ("goes by the schedule again" if is_lifted else "is kept"))


def _purge(side: Opened) -> None:
    at = side.session.clock()
    extracts = sum(purge_route(gate, at) for gate in side.gates.values())
    purged = purge_due(side.gateway, at, uid=side.uid)
    side.voice.say(f"unlinked: {extracts} extracts and arrivals, {purged.files} files of disclosures")
    side.voice.say(
        f"emptied: {counted(purged.receipts, 'receipt')} of {counted(purged.transfers, 'transfer')}; hashes stay in the log"
    )
    if purged.kept:
        side.voice.say(f"kept though their years are over: {purged.kept} transfers; 'gateway purge --dry-run' says why")
