"""The deliver half, wired: a connection for each route, kept between rounds. It needs no ledger and no key of prepare's."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from gateway.config.first_keys import sftp_role
from gateway.config.load import Configuration, with_routes_of_now
from gateway.config.signed_routes import usable_routes
from gateway.contract.partner import Endpoint, UploadEndpoint
from gateway.deliver.attempts import Attempts
from gateway.deliver.destination import Destination
from gateway.deliver.upload import UploadDestination
from gateway.deliver.windows import is_open
from gateway.footing.lock import held
from gateway.footing.telemetry import Telemetry
from gateway.story.dispatch import Dispatcher
from gateway.vocabulary.errors import ConfigError


@contextmanager
def deliver_half(
    configuration: Configuration, *, clock: Callable[[], datetime], telemetry: Telemetry
) -> Iterator[Dispatcher]:
    """The deliver half, alone on this machine while the block lasts; its connections end with it."""
    workspace = configuration.workspace
    destinations = Destinations(configuration, clock)
    workspace.make_deliver_folders()
    with held(workspace.deliver_lock, "the deliver half"):
        attempts = Attempts(workspace.attempts)
        try:
            yield Dispatcher(
                domain=configuration.settings.domain,
                workspace=workspace,
                key=configuration.deliver_keys.signing_key("observation"),
                attempts=attempts,
                reach=destinations.reach,
                is_open=destinations.is_open,
                telemetry=telemetry,
                clock=clock,
                random=random.random,
            )
        finally:
            destinations.close()
            attempts.close()


class Destinations:
    """One destination a route, made when it is first needed, and anew when its endpoint has changed."""

    def __init__(self, configuration: Configuration, clock: Callable[[], datetime]) -> None:
        self._configuration, self._clock = configuration, clock
        self._open: dict[str, tuple[Endpoint | UploadEndpoint, Destination]] = {}

    def is_open(self, route: str) -> bool:
        """Whether its partner takes parcels now, by the partner's own page; of a suspended route `reach` says more."""
        try:
            endpoint = self._endpoint(route)
        except ConfigError:
            return True
        return isinstance(endpoint, UploadEndpoint) or is_open(endpoint.windows, self._clock())

    def reach(self, route: str) -> Destination:
        """ConfigError while the route may not be used; asked anew each time, as its pages are now."""
        endpoint = self._endpoint(route)
        kept = self._open.pop(route, None)
        if kept is not None and kept[0] != endpoint:
            kept[1].close()
            kept = None
        if isinstance(endpoint, Endpoint):
            self._make_room(endpoint)
        self._open[route] = kept or (endpoint, self._destination(route, endpoint))
        return self._open[route][1]

    def _make_room(self, endpoint: Endpoint) -> None:
        """The server has so many connections of ours at most; whoever used theirs longest ago gives way."""
        alike = [
            destination
            for open_, destination in self._open.values()
            if isinstance(open_, Endpoint) and (open_.host, open_.port) == (endpoint.host, endpoint.port)
        ]
        for destination in alike[: max(0, len(alike) + 1 - endpoint.connections)]:
            destination.close()  # it opens another when it is next used

    def close(self) -> None:
        for _, destination in self._open.values():
            destination.close()

    def _endpoint(self, name: str) -> Endpoint | UploadEndpoint:
        usable, _ = usable_routes(with_routes_of_now(self._configuration), self._clock())
        for route in usable:
            if route.name == name:
                return route.partner.endpoint
        raise ConfigError(f"the route {name} is suspended or out of service", remedy="'gateway doctor' says why")

    def _destination(self, name: str, endpoint: Endpoint | UploadEndpoint) -> Destination:
        if isinstance(endpoint, UploadEndpoint):
            return UploadDestination(self._configuration.home / endpoint.folder)
        # imported when there is something to deliver: paramiko takes a fifth of a second
        from gateway.deliver.sftp.destination import SftpDestination  # noqa: PLC0415

        key = self._configuration.deliver_keys.private_bytes(sftp_role(name))
        return SftpDestination(endpoint, key, clock=self._clock)
