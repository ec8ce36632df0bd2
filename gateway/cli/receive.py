"""`gateway receive [DIR]` and `gateway receive purge [DIR]`: the partner's side of a handoff.

Whatever follows `receive` and is not the word purge belongs to receiving itself, so that the
folder can stand there alone; a folder that is called purge is written ./purge.
"""

import signal
import threading
from datetime import date, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from gateway.cli import receive_words
from gateway.cli.receive_words import exit_code, plain, say, stamped, tell_failure
from gateway.cli.session import Session
from gateway.cli.verbs import new_app
from gateway.cli.voice import counted
from gateway.partner.disposing import purge
from gateway.partner.receiving import Received, receive
from gateway.partner.settings import Receiver, load_receiver
from gateway.partner.watching import Listener, watch
from gateway.vocabulary.errors import GatewayError, UsageError

PURGE, RECEIVE = "purge", "parcels"


class _ReceiveGroup(TyperGroup):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Receiving is what is meant unless purging is named."""
        return super().parse_args(ctx, args if args[:1] == [PURGE] else [RECEIVE, *args])


class _Receiving(TyperCommand):
    """What is meant without a word is shown without one."""

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:  # noqa: ARG002
        return super().make_context("", args, parent, **extra)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        formatter.write_usage(ctx.command_path.rstrip(), " ".join(self.collect_usage_pieces(ctx)))


app = new_app(
    cls=_ReceiveGroup, help="The partner's side: verify, open and load what came, answer it; purge what is due."
)
Home = Annotated[Path, typer.Argument(metavar="DIR", help="The receiver's folder, which holds receiver.toml.")]
Into = Annotated[
    str | None,
    typer.Option(
        "--into", metavar="URL", help="The database: sqlite:///FILE or postgresql://… Else 'into' in receiver.toml."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")]


@app.command(name=RECEIVE, cls=_Receiving)
def receive_parcels(
    context: typer.Context,
    folder: Home = Path(),
    into: Into = None,
    watching: Annotated[bool, typer.Option("--watch", help="Stay, and look again until told to stop.")] = False,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", min=0.1, max=3600, help="How often --watch looks.")
    ] = 10.0,
    as_json: AsJson = False,
) -> int:
    """Verify and open every parcel in the inbox, take over its data, and answer the sender.

    Run it as often as you like: a parcel is taken over once and answered alike every time.
    Leaves with 0, with 3 if a parcel waits for the one before it, with 65 if one was rejected,
    with 70 if one is not from the sender we know, or the sender's log contradicts itself.

    'gateway receive purge' destroys what is due, and tells the sender.
    """
    session = Session.of(context)

    def load() -> Receiver:
        return load_receiver(folder.absolute(), into=into)

    if watching:
        if as_json:
            raise UsageError("--watch and --json do not go together", remedy="leave one of them out")
        return _watch(session, load, every)
    parcels = receive(load(), session.clock())
    code = exit_code(parcels)
    if as_json:
        session.voice.say_json({"parcels": [plain(parcel) for parcel in parcels], "exit_code": code})
    elif parcels:
        say(session.voice, parcels)
    else:
        session.voice.say("nothing has arrived")
    return code


@app.command(name=PURGE)
def purge_due(
    context: typer.Context,
    folder: Home = Path(),
    into: Into = None,
    before: Annotated[
        datetime | None,
        typer.Option(
            "--before",
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="Also what was made before this day, where the instruction names none.",
        ),
    ] = None,
    no_copies: Annotated[
        bool, typer.Option("--no-copies", help="What was copied from received/ elsewhere is destroyed as well.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Destroy what its retention instruction says is due, and tell the sender with a signature.

    Only an instruction that ends in [keep P12M] or [keep until 2027-08-31] can be followed by
    itself; for others give --before. Leaves with 3, and destroys nothing, if files are due and
    nobody has said that there are no copies of them.
    """  # fmt: skip
    session = Session.of(context)
    day = date(before.year, before.month, before.day) if before else None
    gone = purge(load_receiver(folder.absolute(), into=into), session.clock(), before=day, no_copies=no_copies)
    if as_json:
        session.voice.say_json({"rows": gone.rows, "files": gone.files, "disposed": list(gone.transfers)})
        return 0
    session.voice.say(f"destroyed: {counted(gone.rows, 'row')} of the database, {counted(gone.files, 'file')}")
    for transfer in gone.transfers:
        session.voice.say(f"{transfer}  nothing is left of it, and the sender was told")
    return 0


def _watch(session: Session, load: Any, every: float) -> int:
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)

    def tell(parcels: tuple[Received, ...]) -> None:
        for parcel in parcels:
            session.voice.say(stamped(session.clock(), receive_words.line(parcel)))
            if parcel.alarm:
                tell_failure(session.voice, parcel.alarm)
        session.voice.out.flush()

    def fail(error: GatewayError) -> None:
        tell_failure(session.voice, error)

    watch(load, Listener(tell=tell, fail=fail), clock=session.clock, stop=stop, every=every)
    return 0
