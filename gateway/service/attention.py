"""Everything that needs somebody's eye at this moment, for `status`, `todo`, the metrics and the alerts alike."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from gateway.config import own_keys
from gateway.config.certificates import certificates_end
from gateway.config.checkup.clock import kernel_clock
from gateway.config.load import Configuration, Suspension
from gateway.config.own_keys import AHEAD
from gateway.config.signed_routes import usable_routes
from gateway.contract.route import Route
from gateway.footing.ledger import transfers
from gateway.footing.signers_files import read_signers
from gateway.service.wiring import LATE
from gateway.story import strays
from gateway.story.alert_outbox import unsent
from gateway.story.anchoring import check_anchor
from gateway.story.come_through import of_recalled
from gateway.story.concerns import Concern, of_agreement, of_expected, of_signers, of_standing
from gateway.story.deadlines import of_own_key, of_refused, of_retention, of_stray
from gateway.story.gate import Gateway
from gateway.story.purging import oldest_refused
from gateway.story.retention import due_since
from gateway.story.standing import Standing, open_transfers
from gateway.vocabulary.alert import Level
from gateway.vocabulary.errors import GatewayError, LogBroken, StorageError
from gateway.vocabulary.moment import london_day

ROLES = ("prepare", "approve", "route")


def concerns_of(gateway: Gateway, configuration: Configuration, at: datetime) -> list[Concern]:
    """Alarms first, oldest first."""
    standings = open_transfers(gateway, configuration.routes)
    recalled = [concern for route in configuration.routes for concern in of_recalled(gateway, route)]
    shut = {concern.transfer for concern in recalled}
    found = [
        *_of_log(gateway, at),
        *_of_clock(gateway, configuration, at),
        *_of_alerts(gateway, at),
        *_of_routes(configuration, at),
        *(
            one
            for one in _of_transfers(standings, configuration.routes, at)
            if one.kind != "staged" or one.transfer not in shut
        ),
        *recalled,
        *_of_expected(gateway, configuration, at),
        *_of_people(configuration, at),
        *_of_own_keys(configuration, at),
        *_of_refused(gateway, configuration, at),
        *_of_strays(gateway, configuration, at),
        *_of_retention(gateway, at),
    ]
    return sorted(found, key=lambda one: (one.level != Level.ALARM, one.since))


def _of_log(gateway: Gateway, at: datetime) -> Iterator[Concern]:
    """A ledger that partners have seen more of stands still; that it does must be seen without sending anything."""
    try:
        gateway.log.check_witnesses()
        check_anchor(gateway)
    except (LogBroken, StorageError) as error:
        yield Concern(level=Level.ALARM, kind="log", sentence=error.message, to_do=error.remedy, since=at)


def _of_clock(gateway: Gateway, configuration: Configuration, at: datetime) -> Iterator[Concern]:
    settings, last = configuration.settings, gateway.log.entries(limit=1)
    kept = settings.demo or settings.clock == "host" or kernel_clock() != "unsynchronised"
    if kept and not (last and last[0].receipt.at - at > LATE):
        return
    yield Concern(
        level=Level.ALARM,
        kind="clock",
        sentence="the machine's clock is behind the last receipt" if kept else "nobody keeps the machine's clock right",
        to_do="start an NTP service, and see that it reaches its servers: timedatectl",
        since=at,
    )


def _of_alerts(gateway: Gateway, at: datetime) -> Iterator[Concern]:
    if concern := unsent(gateway, at):
        yield concern


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
    yield from _of_certificates(configuration, at)


def _of_certificates(configuration: Configuration, at: datetime) -> Iterator[Concern]:
    """One that has ended suspends its route, and is told as that."""
    for route in configuration.routes:
        end = certificates_end(configuration.workspace.certificates, route.partner)
        if end is not None and at < end <= at + AHEAD:
            yield Concern(
                level=Level.WARNING,
                kind="certificate",
                sentence=f"the OpenPGP certificate of {route.partner.partner} ends on {end:%Y-%m-%d}",
                to_do="ask the partner for it as it will be then, and put it into keys/openpgp",
                since=end,
                route=route.name,
            )


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
            newest = transfers.newest_extract(tx, route.name)
        last = newest.created if newest else gateway.log.began()
        if concern := of_expected(route, last, at):
            yield concern


def _of_people(configuration: Configuration, at: datetime) -> Iterator[Concern]:
    for role in ROLES:
        try:
            yield from of_signers(role, read_signers(configuration.workspace, role), at)
        except GatewayError as error:
            yield Concern(level=Level.ALARM, kind="people", sentence=error.message, to_do=error.remedy, since=at)


def _of_own_keys(configuration: Configuration, at: datetime) -> Iterator[Concern]:
    for role in own_keys.roles(configuration):
        try:
            stands = own_keys.standing(configuration, role)
        except GatewayError:
            continue  # said by 'gateway doctor', and by whoever needs the key
        due = stands.due
        if due and (concern := of_own_key(role.name, due, at, following=stands.following is not None)):
            yield concern


def _of_refused(gateway: Gateway, configuration: Configuration, at: datetime) -> Iterator[Concern]:
    for route in configuration.routes:
        try:
            oldest = oldest_refused(gateway.workspace, route.name)
        except GatewayError:
            continue  # prepare's own look at the folder says so
        if concern := of_refused(route.name, oldest, gateway.limits.arrival, at):
            yield concern


def _of_strays(gateway: Gateway, configuration: Configuration, at: datetime) -> Iterator[Concern]:
    names, longest = [route.name for route in configuration.routes], gateway.limits.arrival
    found = [of_stray(name, strays.oldest_in(gateway.workspace, name), longest, at) for name in names]
    found.append(of_stray(None, strays.oldest_beside(gateway.workspace, names), longest, at))
    yield from (concern for concern in found if concern)


def _of_retention(gateway: Gateway, at: datetime) -> Iterator[Concern]:
    if concern := of_retention(due_since(gateway, at), at):
        yield concern
