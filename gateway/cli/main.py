"""The command `gateway`: the only place that catches errors, and the only one that exits.

Exit codes belong to the error classes (`gateway --help` of a verb does not repeat them; the
README's table is made by `exit_codes`). Interrupted: 130; reader of our output gone: 141.
"""

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer
from typer.exceptions import TyperException

from gateway import __version__
from gateway.cli.session import Session, utc_now
from gateway.cli.usage import usage_error
from gateway.cli.verbs import VerbGroup, new_app
from gateway.cli.voice import Voice
from gateway.vocabulary.errors import GatewayError, StorageError, UsageError

INTERRUPTED, READER_GONE = 130, 141

app = new_app(cls=VerbGroup, help="Hands children's data to the bodies that must have it, and proves what left.")


def _version(context: typer.Context, wanted: bool) -> None:
    if wanted:
        Session.of(context).voice.say(f"handoff-gateway {__version__}")
        raise typer.Exit


@app.callback()
def gateway(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home", metavar="DIR", help="The folder that holds config/. Else HANDOFF_HOME, ., or /etc/handoff."
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - handled by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    Session.of(context).given_home = home


def run(
    argv: Sequence[str],
    environ: Mapping[str, str],
    out: TextIO,
    err: TextIO,
    *,
    stdin: TextIO | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> int:
    """Run one command on these streams and return its exit code; nothing is raised."""
    voice = Voice(out=out, err=err, as_json="--json" in argv)
    session = Session(environ=environ, voice=voice, stdin=stdin or sys.stdin, clock=clock)
    try:
        # Typer's own help goes to sys.stdout: it is sent where everything else goes.
        with redirect_stdout(out), redirect_stderr(err):
            return _invoke(list(argv), session)
    except GatewayError as error:
        return voice.fail(error)
    except BrokenPipeError:
        return READER_GONE
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except PermissionError as error:
        return voice.fail(_not_permitted(error))
    except Exception as error:  # noqa: BLE001 - the edge: whatever it is, its message is not shown
        return voice.defect(error)


def _not_permitted(error: PermissionError) -> StorageError:
    """Of a file or folder that nobody asked for by itself; its name is not told, since somebody may have typed it."""
    refused = StorageError(
        "this user may not look where the command has to",
        remedy="name a place of yours, or type it as the user of that half: sudo -u handoff-prepare, or handoff-deliver",
    )
    refused.__cause__ = error
    return refused


def _invoke(argv: list[str], session: Session) -> int:
    command = typer.main.get_command(app)
    words = argv or ["--help"]  # alone, it explains itself, and still says that nothing was asked
    try:
        with command.make_context("gateway", [*words], obj=session) as context:
            return int(command.invoke(context) or 0)
    except typer.Exit as leaving:
        return leaving.exit_code if argv else UsageError.exit_code
    except TyperException as error:
        raise usage_error(error) from error


def main() -> None:
    # Whatever else is installed may register itself with pydantic, and would be loaded where children's data is.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    code = run(sys.argv[1:], os.environ, sys.stdout, sys.stderr)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would flush once more at exit and complain: give it somewhere to write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = READER_GONE
    gc.freeze()  # leaving, the interpreter looks through all modules once more: a tenth of a second, for nothing
    sys.exit(code)
