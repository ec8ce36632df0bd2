"""`gateway purge`: unlink what has been kept as long as it may be, and keep what a claim or an inquiry needs."""

from typing import Annotated

import typer

from gateway.cli.opening import person, prepare_side
from gateway.cli.verbs import new_app
from gateway.story.purging import purge as purge_route
from gateway.story.retention import due, hold, purge_due
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.transfer import TransferId

app = new_app()


@app.command()
def purge(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is due.")] = False,
    held: Annotated[
        str | None, typer.Option("--legal-hold", metavar="ID", help="Keep this transfer's evidence.")
    ] = None,
    lifted: Annotated[
        str | None, typer.Option("--lift", metavar="ID", help="End the legal hold of this transfer.")
    ] = None,
) -> None:
    """Unlink extracts after `arrival_days`, disclosures and receipts' bodies after `evidence_years`.

    The service does the first by itself; the second is done here alone. Hashes stay, so that the
    log verifies as before. Unlinked is not shredded: snapshots and backups go by their own schedule.
    """
    if held and lifted:
        raise UsageError("--legal-hold and --lift contradict each other", remedy="give one of them")
    with prepare_side(context) as side:
        gateway, at = side.gateway, side.session.clock()
        if wanted := held or lifted:
            hold(gateway, TransferId.parse(wanted), lifted=bool(lifted), uid=person())
            side.voice.say(
                "receipted: " + ("its evidence goes by the schedule again" if lifted else "its evidence is kept")
            )
            return
        if dry_run:
            for one in due(gateway, at):
                side.voice.say(f"{one.transfer}  {'kept: on legal hold' if one.is_held else 'due'}")
            return
        extracts = sum(purge_route(gate, at) for gate in side.gates.values())
        purged = purge_due(gateway, at, uid=person())
        side.voice.say(f"unlinked: {extracts} extracts and arrivals, {purged.files} files of disclosures")
        side.voice.say(
            f"emptied: {purged.receipts} receipts of {purged.transfers} transfers; their hashes stay in the log"
        )
