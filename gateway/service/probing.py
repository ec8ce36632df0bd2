"""One partner's server, probed: what it can do now, what it could before, and that it may be contacted again."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from gateway.config.faults import did_you_mean, known_names
from gateway.config.first_keys import sftp_role
from gateway.config.load import Configuration
from gateway.config.pages import load_page, names
from gateway.contract.partner import Endpoint, Partner
from gateway.contract.route import Route
from gateway.deliver.attempts import Attempts
from gateway.deliver.breakers import mend
from gateway.deliver.profile import Profile, Profiles
from gateway.vocabulary.errors import ConfigError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    route: str
    """Whose key logged in."""
    now: Profile
    before: Profile | None


def probe(configuration: Configuration, partner: str, at: datetime) -> Probed:
    """A person asks: so a breaker that had stopped is set going again, once the server has answered well.

    Raises:
        ConfigError: no route that is in service leads to this partner.
        DeliveryError: the server could not be reached, or refused us.
    """
    from gateway.deliver.sftp.destination import SftpDestination  # noqa: PLC0415 - paramiko is wanted here only

    route = route_to(configuration, partner)
    endpoint = route.partner.endpoint
    if not isinstance(endpoint, Endpoint):
        raise UsageError(f"the partner {partner} has no server: its parcels are staged in a folder")
    key = configuration.deliver_keys.private_bytes(sftp_role(route.name))
    destination = SftpDestination(endpoint, key, clock=lambda: at)
    attempts = Attempts(configuration.deliver_store)
    try:
        now = destination.probe(secrets.token_hex(8))
        profiles = Profiles(attempts.store)
        before = profiles.last(partner)
        profiles.keep(partner, now, at)
        mend(attempts.store, partner)
    finally:
        destination.close()
        attempts.close()
    return Probed(route=route.name, now=now, before=before)


def route_to(configuration: Configuration, partner: str) -> Route:
    for route in configuration.routes:
        if route.partner.partner == partner:
            return route
    _refuse_unknown(configuration, partner)
    raise ConfigError(
        f"no route in service leads to a partner {partner}", remedy="'gateway doctor' says what is missing"
    )


def page_of(configuration: Configuration, partner: str) -> Partner:
    """Its page, whether a route leads there already or not; PageError if it is not filled in."""
    _refuse_unknown(configuration, partner)
    return load_page(configuration.home, Partner, partner)


def _refuse_unknown(configuration: Configuration, partner: str) -> None:
    if partner not in (known := names(configuration.home, Partner)):
        raise UsageError("there is no such partner", remedy=did_you_mean(partner, known) or known_names(known))
