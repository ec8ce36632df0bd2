"""Everything that needs somebody's eye at this moment, for `status`, `todo`, the metrics and the alerts alike."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from gateway.config.load import Configuration, Suspension
from gateway.config.signed_routes import usable_routes
from gateway.contract.route import Route
from gateway.footing.ledger import transfers
from gateway.footing.signers_files import read_signers
from gateway.story.anchoring import check_anchor
from gateway.story.concerns import Concern, Level, of_agreement, of_expected, of_signers, of_standing
from gateway.story.gate import Gateway
from gateway.story.standing import Standing, open_transfers
from gateway.vocabulary.errors import GatewayError, LogBroken, StorageError
from gateway.vocabulary.moment import london_day

ROLES = ("prepare", "approve", "route")


def concerns_of(gateway: Gateway, configuration: Configuration, at: datetime) -> list[Concern]:
    """Alarms first, oldest first."""
    standings = open_transfers(gateway)
    found = [
        *_of_log(gateway, at),
        *_of_routes(configuration, at),
        *_of_transfers(standings, configuration.routes, at),
        *_of_expected(gateway, configuration, at),
        *_of_people(configuration, at),
    ]
    return sorted(found, key=lambda one: (one.level != Level.ALARM, one.since))


def _of_log(gateway: Gateway, at: datetime) -> Iterator[Concern]:
    """A ledger that partners have seen more of stands still; that it does must be seen without sending anything."""
    try:
        gateway.log.check_witnesses()
        check_anchor(gateway)
    except (LogBroken, StorageError) as error:
        yield Concern(level=Level.ALARM, kind="log", sentence=error.message, to_do=error.remedy, since=at)


def _of_transfers(standings: Iterable[Standing], routes: Iterable[Route], at: datetime) -> Iterator[Concern]:
    by_name = {route.name: route for route in routes}
    for standing in standings:
        if concern := of_standing(standing, by_name.get(standing.route), at):
            yield concern


def _of_routes(configuration: Configuration, at: datetime) -> Iterator[Concern]:
    _, suspended = usable_routes(configuration, at)
    for broken in configuration.out_of_service:
        yield Concern(
            level=Level.ALARM,
            kind="out-of-service",
            sentence=f"the route {broken.route} is out of service: its pages have faults",
            to_do="gateway doctor",
            since=at,
            route=broken.route,
        )
    yield from (_suspended(suspension, at) for suspension in suspended)
    for route in configuration.in_service(london_day(at)):
        if concern := of_agreement(route, at):
            yield concern


def _suspended(suspension: Suspension, at: datetime) -> Concern:
    return Concern(
        level=Level.ALARM,
        kind="suspended",
        sentence=suspension.sentence,
        to_do=suspension.remedy,
        since=at,
        route=suspension.route,
    )


def _of_expected(gateway: Gateway, configuration: Configuration, at: datetime) -> Iterator[Concern]:
    for route in configuration.routes:
        if route.page.expect is None:
            continue
        with gateway.ledger.reading() as tx:
            newest = transfers.page(tx, limit=1, route=route.name)
        last = newest[0].created if newest else gateway.log.began()
        if concern := of_expected(route, last, at):
            yield concern


def _of_people(configuration: Configuration, at: datetime) -> Iterator[Concern]:
    for role in ROLES:
        try:
            yield from of_signers(role, read_signers(configuration.workspace, role), at)
        except GatewayError as error:
            yield Concern(level=Level.ALARM, kind="people", sentence=error.message, to_do=error.remedy, since=at)
