"""From the configuration to two wired halves. Every handle that is opened here is closed with its block."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from gateway.config.load import Configuration, Suspension, with_routes_of_now
from gateway.config.signed_routes import usable_routes
from gateway.config.stores import ledger_url
from gateway.contract.route import Route
from gateway.crypto.ssh_keys import PublicKey
from gateway.footing.ledger import Ledger
from gateway.footing.telemetry import Telemetry
from gateway.footing.turn import Turn
from gateway.receipts.log import ReceiptLog
from gateway.service.turns import alone_at, is_lost
from gateway.story.gate import Gate, Gateway, Limits, load_signers
from gateway.story.leftovers import sweep_leftovers
from gateway.vocabulary.errors import ClockUntrusted, FormatInvalid, KeyUnavailable

Clock = Callable[[], datetime]
LATE = timedelta(minutes=10)
"""A round reads the clock once and may work that long; a clock further back than this is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """The prepare half, and the configuration it began with."""

    gateway: Gateway
    configuration: Configuration

    def routes_of_now(self) -> tuple[dict[str, Gate], tuple[Suspension, ...]]:
        """A gate for each route that may be used at this moment, and the others with the reason.

        Asked anew at every round: an agreement lapses, a page is changed, a person's line is taken
        out of a signers file, and none of it may wait for a restart.
        """
        configuration = with_routes_of_now(self.configuration)
        routes, suspended = usable_routes(configuration, self.gateway.clock())
        workspace = self.gateway.workspace
        workspace.make_prepare_folders(
            tuple(route.name for route in (*routes, *_standing_still(configuration, suspended)))
        )
        return _gates(self.gateway, routes), suspended


def open_gateway(configuration: Configuration, *, clock: Clock, telemetry: Telemetry) -> Gateway:
    """The ledger, the log and the keys of prepare, for a verb or for the half itself."""
    settings, workspace, keys = configuration.settings, configuration.workspace, configuration.prepare_keys
    ledger = Ledger.open(ledger_url(configuration))
    return Gateway(
        domain=settings.domain,
        sender=settings.sender,
        workspace=workspace,
        keys=keys,
        ledger=ledger,
        log=ReceiptLog(ledger, key=keys.signing_key("log"), origin=settings.log_origin, late=LATE),
        signing=keys.signing_key("signing"),
        observer=_public_key(workspace.public_keys / "observation.pub"),
        telemetry=telemetry,
        clock=clock,
        random=secrets.token_bytes,
        anchor=configuration.home / settings.anchor if settings.anchor else None,
        limits=Limits(
            settle=timedelta(seconds=settings.settle_seconds),
            statement=timedelta(days=settings.statement_days),
            arrival=timedelta(days=settings.arrival_days),
            evidence=timedelta(days=366 * settings.evidence_years),
            worker_memory_mb=settings.worker_memory_mb,
            worker_threads=settings.worker_threads,
            pin_roles=frozenset(settings.pin_roles),
        ),
    )


@contextmanager
def opened(configuration: Configuration, *, clock: Clock, telemetry: Telemetry) -> Iterator[Gateway]:
    gateway = open_gateway(configuration, clock=clock, telemetry=telemetry)
    try:
        yield gateway
    finally:
        gateway.judging.close()
        gateway.ledger.close()


def gates_of(gateway: Gateway, configuration: Configuration, at: datetime) -> dict[str, Gate]:
    """A gate for each route that may be used now, by its name."""
    routes, _ = usable_routes(configuration, at)
    return _gates(gateway, routes)


def _gates(gateway: Gateway, routes: Iterable[Route]) -> dict[str, Gate]:
    signers = load_signers(gateway.workspace, gateway.limits.pin_roles)
    return {route.name: Gate(gateway=gateway, route=route, signers=signers) for route in routes}


def _standing_still(configuration: Configuration, suspended: Iterable[Suspension]) -> Iterator[Route]:
    """Staff drop files into their folders all the same, and are told there."""
    names = {suspension.route for suspension in suspended}
    return (route for route in configuration.routes if route.name in names)


@contextmanager
def prepare_half(
    configuration: Configuration, *, clock: Clock, telemetry: Telemetry, stopping: Callable[[], bool] = bool
) -> Iterator[Prepare]:
    """The prepare half, alone at its work while the block lasts. `stopping` is asked between two steps of a round.

    Raises:
        UsageError: another process runs it.
        ClockUntrusted: nobody keeps the machine's clock.
    """
    with (
        alone_at(configuration, "prepare") as turn,
        prepare_in_turn(configuration, turn, clock=clock, telemetry=telemetry, stopping=stopping) as half,
    ):
        yield half


@contextmanager
def prepare_in_turn(
    configuration: Configuration,
    turn: Turn | None,
    *,
    clock: Clock,
    telemetry: Telemetry,
    stopping: Callable[[], bool] = bool,
) -> Iterator[Prepare]:
    """The same for who is alone already. Whoever loses the turn stops before the next step, and writes no receipt."""
    _refuse_wild_clock(configuration)
    with opened(configuration, clock=clock, telemetry=telemetry) as gateway:
        if turn is not None:
            _let_others_end(gateway.ledger, turn)
        sweep_leftovers(gateway, (route.name for route in configuration.routes))
        stops = replace(
            gateway,
            stopping=lambda: stopping() or is_lost(turn),
            check_turn=turn.check if turn is not None else bool,
        )
        yield Prepare(gateway=stops, configuration=configuration)


def _let_others_end(ledger: Ledger, turn: Turn) -> None:
    """Whoever had the turn before may stand within a commit: it is over once we have had the writers' lock.

    From then on theirs fail, since they ask for the turn with that lock held; and ours, once we have lost it.
    """
    ledger.write_only_while(turn.check)
    with ledger.writing():
        pass


def _refuse_wild_clock(configuration: Configuration) -> None:
    settings = configuration.settings
    if settings.demo or settings.clock == "host":
        return
    from gateway.config.checkup.clock import kernel_clock  # noqa: PLC0415 - ctypes is wanted here only

    if kernel_clock() == "unsynchronised":
        raise ClockUntrusted(
            "nobody keeps the machine's clock right, and ages and dates are judged by it",
            remedy='start an NTP service; in a container whose host keeps the clock, set clock = "host"',
        )


def _public_key(path: Path) -> PublicKey:
    try:
        return PublicKey.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, FormatInvalid) as error:
        raise KeyUnavailable(
            f"keys/public/{path.name} cannot be read", remedy="restore it: it belongs to deliver's private key"
        ) from error
