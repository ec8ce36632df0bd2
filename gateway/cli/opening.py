"""What verbs of the prepare side open: configuration, ledger, log, keys and gates, closed when the verb ends."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

import typer

from gateway.cli.own_hands import hands_of
from gateway.cli.session import Session
from gateway.cli.voice import Voice
from gateway.config.load import Configuration, load
from gateway.footing.telemetry import Telemetry
from gateway.service.wiring import gates_of, opened
from gateway.story.gate import Gate, Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    session: Session
    configuration: Configuration
    gateway: Gateway
    gates: dict[str, Gate]

    @property
    def voice(self) -> Voice:
        return self.session.voice

    @property
    def uid(self) -> int:
        """Who asked, as receipts name people on this machine."""
        return hands_of(self.session).uid


@contextmanager
def prepare_side(context: typer.Context) -> Iterator[Opened]:
    """For a verb that works on the ledger while the service may be running: transactions keep them apart."""
    session, configuration = configured(context)
    with opened(configuration, clock=session.clock, telemetry=telemetry(session, io.StringIO())) as gateway:
        gates = gates_of(gateway, configuration, session.clock())
        yield Opened(session=session, configuration=configuration, gateway=gateway, gates=gates)


def configured(context: typer.Context) -> tuple[Session, Configuration]:
    session = Session.of(context)
    return session, load(session.home(), session.environ)


def telemetry(session: Session, stream: TextIO) -> Telemetry:
    return Telemetry(stream, session.clock)


def person() -> int:
    """Who types, as receipts name people on this machine."""
    return os.getuid()
