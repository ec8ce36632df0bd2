"""The deliver half, wired: a connection for each route, kept between rounds. It needs no ledger and no key of prepare's.

A lane uses its route's connection and no other; a server is reached by so many lanes at a time as
its page says, and who is idle gives way.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from gateway.config.first_keys import sftp_role
from gateway.config.load import Configuration, with_routes_of_now
from gateway.config.signed_routes import usable_routes
from gateway.contract.partner import Endpoint, Partner, UploadEndpoint
from gateway.deliver.attempts import Attempts
from gateway.deliver.destination import Destination
from gateway.deliver.upload import UploadDestination
from gateway.deliver.windows import is_open
from gateway.footing import alert_box, mailbox
from gateway.footing.telemetry import Telemetry
from gateway.footing.turn import Turn
from gateway.service.turns import alone_at
from gateway.story.dispatch import Dispatcher
from gateway.story.lanes import Lanes
from gateway.vocabulary.errors import ConfigError


@contextmanager
def deliver_half(
    configuration: Configuration, *, clock: Callable[[], datetime], telemetry: Telemetry
) -> Iterator[Dispatcher]:
    """The deliver half, alone at its work while the block lasts; its connections end with it."""
    configuration.workspace.make_deliver_folders()
    with (
        alone_at(configuration, "deliver") as turn,
        deliver_in_turn(configuration, turn, clock=clock, telemetry=telemetry) as half,
    ):
        yield half


@contextmanager
def deliver_in_turn(
    configuration: Configuration,
    turn: Turn | None,
    *,
    clock: Callable[[], datetime],
    telemetry: Telemetry,
    stopping: Callable[[], bool] = bool,
    answers_every: float = 0.0,
) -> Iterator[Dispatcher]:
    """The same for who is alone already. Whoever loses the turn releases nothing more.

    `answers_every`: seconds between two rounds in which the partners of a route are asked for answers.

    Once `stopping` says so nothing is begun, and a large file is handed back between two of its pieces.
    """
    workspace = configuration.workspace
    destinations = Destinations(configuration, clock)
    workspace.make_deliver_folders()
    mailbox.sweep_reports(workspace.from_deliver, workspace.to_deliver)
    alert_box.sweep_reports(workspace.from_deliver)
    with closing(Attempts(configuration.deliver_store)) as attempts:
        lanes = Lanes()
        try:
            yield Dispatcher(
                domain=configuration.settings.domain,
                workspace=workspace,
                key=configuration.deliver_keys.signing_key("observation"),
                attempts=attempts,
                reach=destinations.reach,
                is_open=destinations.is_open,
                leads_to=destinations.leads_to,
                awaits_answers=destinations.awaits_answers,
                telemetry=telemetry,
                clock=clock,
                random=random.random,
                lanes=lanes,
                stopping=stopping,
                check_turn=turn.check if turn else _nobody_else,
                is_time_for_answers=Seldom(answers_every).is_time,
            )
        finally:
            try:
                lanes.wait()
            finally:
                destinations.close()


def _nobody_else() -> None:
    """One machine: it is always its turn."""


class Seldom:
    """Says when it is time for something, under a name: at most once in so many seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._last: dict[str, float] = {}

    def is_time(self, name: str) -> bool:
        now = self._clock()
        if now - self._last.get(name, -self._seconds) < self._seconds:
            return False
        self._last[name] = now
        return True


class Destinations:
    """One destination a route, made when it is first needed, and anew when its endpoint has changed. For many threads."""

    def __init__(self, configuration: Configuration, clock: Callable[[], datetime]) -> None:
        self._configuration, self._clock = configuration, clock
        self._open: dict[str, tuple[Endpoint | UploadEndpoint, Destination]] = {}
        self._in_use: dict[str, str] = {}
        """Routes, each with its partner when that began."""
        self._changed = threading.Condition()

    def is_open(self, route: str) -> bool:
        """Whether its partner takes parcels now, by the partner's own page; of a suspended route `reach` says more."""
        try:
            endpoint = self._in_use_or_now(route)
        except ConfigError:
            return True
        return isinstance(endpoint, UploadEndpoint) or is_open(endpoint.windows, self._clock())

    def leads_to(self, route: str) -> str | None:
        """Its partner; while a route is in use, as it was when that began."""
        with self._changed:
            if route in self._in_use:
                return self._in_use[route]
        try:
            return self._partner(route).partner
        except ConfigError:
            return None

    def awaits_answers(self, route: str) -> bool:
        """Whether its partner signs for what it has, by the partner's own page; of a suspended route it may."""
        try:
            return self._partner(route).acknowledgement == "signed"
        except ConfigError:
            return True

    @contextmanager
    def reach(self, route: str) -> Iterator[Destination]:
        """ConfigError while the route may not be used; asked anew each time, as its pages are now.

        Waits while so many others use their server as it takes at a time.
        """
        partner = self._partner(route)
        endpoint = partner.endpoint
        with self._changed:
            self._changed.wait_for(lambda: self._others(route, endpoint, in_use=True) < _limit(endpoint))
            destination = self._taken(route, endpoint)
            self._in_use[route] = partner.partner
        try:
            yield destination
        finally:
            with self._changed:
                del self._in_use[route]
                self._changed.notify_all()

    def close(self) -> None:
        for _, destination in self._open.values():
            destination.close()

    def _taken(self, route: str, endpoint: Endpoint | UploadEndpoint) -> Destination:
        kept = self._open.pop(route, None)
        if kept is not None and kept[0] != endpoint:
            kept[1].close()
            kept = None
        self._make_room(route, endpoint)
        self._open[route] = kept or (endpoint, self._destination(route, endpoint))
        return self._open[route][1]

    def _make_room(self, route: str, endpoint: Endpoint | UploadEndpoint) -> None:
        """Of those that are idle whoever used theirs longest ago gives way; it opens another when it is next used."""
        excess = self._others(route, endpoint) + 1 - _limit(endpoint)
        idle = [name for name in self._alike(route, endpoint) if name not in self._in_use]
        for name in idle[: max(0, excess)]:
            self._open.pop(name)[1].close()

    def _others(self, route: str, endpoint: Endpoint | UploadEndpoint, *, in_use: bool = False) -> int:
        """How many other routes to the same server have a connection, or use it now."""
        alike = self._alike(route, endpoint)
        return len(self._in_use.keys() & alike if in_use else alike)

    def _alike(self, route: str, endpoint: Endpoint | UploadEndpoint) -> list[str]:
        return [name for name, (other, _) in self._open.items() if name != route and _is_same_server(other, endpoint)]

    def _in_use_or_now(self, route: str) -> Endpoint | UploadEndpoint:
        """While a route is in use, its endpoint as it was when that began."""
        with self._changed:
            if route in self._in_use:
                return self._open[route][0]
        return self._partner(route).endpoint

    def _partner(self, name: str) -> Partner:
        usable, _ = usable_routes(with_routes_of_now(self._configuration, name), self._clock())
        for route in usable:
            if route.name == name:
                return route.partner
        raise ConfigError(f"the route {name} is suspended or out of service", remedy="'gateway doctor' says why")

    def _destination(self, name: str, endpoint: Endpoint | UploadEndpoint) -> Destination:
        if isinstance(endpoint, UploadEndpoint):
            return UploadDestination(self._configuration.home / endpoint.folder)
        # imported when there is something to deliver: paramiko takes a fifth of a second
        from gateway.deliver.sftp.destination import SftpDestination  # noqa: PLC0415

        key = self._configuration.deliver_keys.private_bytes(sftp_role(name))
        return SftpDestination(endpoint, key, clock=self._clock)


def _is_same_server(one: Endpoint | UploadEndpoint, other: Endpoint | UploadEndpoint) -> bool:
    return (
        isinstance(one, Endpoint) and isinstance(other, Endpoint) and (one.host, one.port) == (other.host, other.port)
    )


def _limit(endpoint: Endpoint | UploadEndpoint) -> int:
    """Of a folder there is none: it has no connections."""
    return endpoint.connections if isinstance(endpoint, Endpoint) else 1
