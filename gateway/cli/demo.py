"""`gateway demo`: the whole thing on this machine, in under a minute."""

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.main import run
from gateway.cli.session import Session
from gateway.cli.verbs import new_app
from gateway.demo.findings import by_rule
from gateway.demo.play import Stage, play, set_up
from gateway.footing.telemetry import Telemetry
from gateway.vocabulary.errors import UsageError

app = new_app()
ABOUT = "parent-yes-to-all"
"""Whose disclosures are shown at the end."""


@app.command()
def demo(
    context: typer.Context,
    rows: Annotated[int, typer.Option("--rows", min=1, max=100_000, help="How many invented children.")] = 400,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help="Keep everything in this new folder.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same children, same decisions.")] = 1,
) -> None:
    """Hand invented children to two stand-in partners, and show what every stage leaves behind.

    Real keys, real SFTP on the loopback interface, real receipts. Nothing leaves this machine.
    """
    session = Session.of(context)
    with _folder(keep) as folder, (folder / "log.jsonl").open("w", encoding="utf-8") as log:
        steps = _Steps(session)
        telemetry = Telemetry(log, session.clock)
        with set_up(folder, seed=seed, rows=rows, clock=session.clock, telemetry=telemetry, tell=steps.tell) as stage:
            play(stage)
            _show(session, stage)
        if keep is not None:
            session.voice.say(f"kept in {folder}: try  gateway --home {folder}/council status")


class _Steps:
    def __init__(self, session: Session) -> None:
        self._voice, self._count = session.voice, 0

    def tell(self, words: str) -> None:
        self._count += 1
        self._voice.say(f"{self._count:>3}  {words}")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="handoff-demo-") as folder:
            yield Path(folder)
        return
    if keep.exists():
        raise UsageError("the folder for --keep is there already", remedy="name a new one")
    keep.mkdir(mode=0o700, parents=True)
    try:
        yield keep.absolute()
    except BaseException:
        shutil.rmtree(keep)
        raise


def _show(session: Session, stage: Stage) -> None:
    voice = session.voice
    voice.say()
    voice.say("What was released and withheld, rule by rule (the data protection officer's view)")
    voice.say()
    for line in by_rule(stage.council):
        voice.say(line)
    _type(session, stage, ["status"])
    _type(session, stage, ["receipts", "list"])
    _type(session, stage, ["receipts", "verify"])
    child = stage.people.in_situation(ABOUT)
    _type(session, stage, ["disclosures"], typed=f"upn: {child.fields['upn']}\n")


def _type(session: Session, stage: Stage, words: list[str], typed: str = "") -> None:
    """Run the command as anybody would type it, and show what it says."""
    session.voice.say(f"$ gateway {' '.join(words)}" + ("      (the child's UPN is typed when asked)" if typed else ""))
    run(
        ["--home", str(stage.council.home), *words], session.environ, session.voice.out, session.voice.err,
        stdin=io.StringIO(typed), clock=session.clock,
    )  # fmt: skip
    session.voice.say()
