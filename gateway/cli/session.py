"""What a verb is given by the edge: streams, environment, clock, and where the home folder is."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import typer

from gateway.cli.hands import Hands
from gateway.cli.home import find_home
from gateway.cli.voice import Voice


def utc_now() -> datetime:
    """The wall clock, read at the edge and nowhere else."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Session:
    """One run of the command.

    `given_home` is what --home said, and `words` are the verb and what follows it, both set once the
    command line is parsed. `hands`: whose files and keys it is about; None means this process's own.
    """

    environ: Mapping[str, str]
    voice: Voice
    stdin: TextIO
    clock: Callable[[], datetime] = utc_now
    given_home: Path | None = None
    words: tuple[str, ...] = ()
    hands: Hands | None = None

    def home(self) -> Path:
        """ConfigError if there is none."""
        return find_home(self.given_home, self.environ, Path.cwd())

    @classmethod
    def of(cls, context: typer.Context) -> "Session":
        """The session that `main` put into the context."""
        if not isinstance(context.obj, cls):
            raise TypeError("a verb was called without a session")
        return context.obj

    @classmethod
    def on_streams(cls, environ: Mapping[str, str], out: TextIO, err: TextIO) -> "Session":
        return cls(environ=environ, voice=Voice(out=out, err=err), stdin=sys.stdin)
