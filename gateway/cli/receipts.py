"""`gateway receipts list|show|verify`: what happened to each handoff, and that the record is whole."""

from typing import Annotated, Any

import typer

from gateway.cli.opening import configured, prepare_side
from gateway.cli.receipt_words import for_operators, page_of
from gateway.cli.verbs import new_app
from gateway.crypto.checkpoint import log_key
from gateway.crypto.ssh_keys import PublicKey
from gateway.footing.ledger import Ledger, sqlite_url
from gateway.receipts.verification import verify_log
from gateway.story.standing import Standing, newest_transfers
from gateway.vocabulary import moment
from gateway.vocabulary.errors import KeyUnavailable, UsageError
from gateway.vocabulary.transfer import TransferId

app = new_app(help="What happened to each handoff, and that the record of it is whole.")
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of lines.")]


@app.command("list")
def list_transfers(
    context: typer.Context,
    route: Annotated[str | None, typer.Option("--route", metavar="R", help="Of this route only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List transfers, newest first, with the rung each stands on."""
    with prepare_side(context) as side:
        found = newest_transfers(side.gateway, route=route, limit=limit)
        if as_json:
            side.voice.say_json([_plain(one) for one in found])
            return
        head = ("transfer", "route", "partner", "stands at", "since", "released")
        side.voice.say_table([head, *(_row(one) for one in found)])


@app.command()
def show(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
    as_json: AsJson = False,
) -> None:
    """Show one transfer: every receipt in order, with its place in the log."""
    wanted = TransferId.parse(transfer)
    with prepare_side(context) as side:
        entries = side.gateway.log.of_transfer(wanted)
        if not entries:
            raise UsageError(f"there is no transfer {wanted}", remedy="'gateway receipts list' shows those there are")
        if as_json:
            side.voice.say_json(
                [{"index": e.index, "leaf": e.hash.hex(), "receipt": for_operators(e.receipt)} for e in entries]
            )
            return
        for line in page_of(side.gateway.log.transfer(wanted), entries):
            side.voice.say(line)


@app.command()
def verify(context: typer.Context, as_json: AsJson = False) -> None:
    """Verify the whole log: every receipt, every hash, every rung, every signed checkpoint. Needs no private key."""
    session, configuration = configured(context)
    path = configuration.workspace.public_keys / "log.pub"
    try:
        public = PublicKey.parse(path.read_text("utf-8"))
    except OSError as error:
        raise KeyUnavailable("keys/public/log.pub cannot be read", remedy="restore it: partners have it too") from error
    ledger = Ledger.open(sqlite_url(configuration.workspace.ledger))
    try:
        verified = verify_log(ledger, log_key(configuration.settings.log_origin, public.raw_ed25519()))
    finally:
        ledger.close()
    if as_json:
        session.voice.say_json(
            {"size": verified.size, "root": verified.root.hex(), "checkpoints": verified.checkpoints}
        )
        return
    session.voice.say(f"the log is whole: {verified.size} receipts, {verified.checkpoints} signed checkpoints")
    session.voice.say(f"root {verified.root.hex()}")


def _row(one: Standing) -> tuple[str, ...]:
    return one.transfer, one.route, one.partner, str(one.stage), moment.spell(one.since), one.released_in_words()


def _plain(one: Standing) -> dict[str, Any]:
    return {
        "transfer": one.transfer, "route": one.route, "partner": one.partner, "stage": str(one.stage),
        "since": moment.spell(one.since), "released": one.released_in_words(),
    }  # fmt: skip
