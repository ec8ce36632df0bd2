"""The whole configuration, read once: the machine's settings, and every route with its pages.

- `config/gateway.toml` is needed by everything: a fault in it is an error;
- a fault in the pages of one route puts that route out of service and no other: it is a value,
  so that the service can go on and say so; `Configuration.route` and `refuse_faults` raise it;
- whether an agreement is in date depends on the day, so it is asked with a day, not at load.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from gateway.config.certificates import certificate_faults
from gateway.config.crosschecks import faults_between
from gateway.config.faults import Fault, PageError, did_you_mean, known_names
from gateway.config.machine import Settings, credentials_folder, read_settings
from gateway.config.pages import CONFIG, NAME_KEYS, PageT, load_page, names, shown
from gateway.contract.fields import Slug
from gateway.contract.partner import Partner
from gateway.contract.policy import Policy
from gateway.contract.route import Route, RoutePage
from gateway.contract.schema import Schema
from gateway.footing.keyring import Keyring
from gateway.footing.workspace import Workspace
from gateway.vocabulary.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfService:
    """A route whose pages cannot be used as they are."""

    route: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """A sound route that may not be used on the day that was asked about."""

    route: str
    reason: str
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    home: Path
    settings: Settings
    routes: tuple[Route, ...]
    out_of_service: tuple[OutOfService, ...] = ()
    credentials: Path | None = None

    @property
    def workspace(self) -> Workspace:
        settings, home = self.settings, self.home
        return Workspace(
            home=home, outbox=home / settings.outbox, state=home / settings.state, keys=home / settings.keys
        )

    @property
    def deliver_store(self) -> Path | str:
        """A file among deliver's own, or a PostgreSQL by its URL."""
        return self.settings.deliver_store or self.workspace.attempts

    @property
    def prepare_keys(self) -> Keyring:
        return Keyring(folder=self.workspace.prepare_keys, credentials=self.credentials)

    @property
    def deliver_keys(self) -> Keyring:
        return Keyring(folder=self.workspace.deliver_keys, credentials=self.credentials)

    def route(self, name: str) -> Route:
        """The route of this name; PageError if it is out of service, ConfigError if there is none."""
        for route in self.routes:
            if route.name == name:
                return route
        for broken in self.out_of_service:
            if broken.route == name:
                raise PageError(broken.faults)
        known = [route.name for route in self.routes] + [broken.route for broken in self.out_of_service]
        raise ConfigError("there is no such route", remedy=did_you_mean(name, known) or known_names(known))

    def purposes(self) -> frozenset[str]:
        """Those of the routes, and while one is out of service of every policy that can be read.

        A refusal must not wait until somebody has mended a page.
        """
        policies = [route.policy for route in self.routes]
        for name in names(self.home, Policy) if self.out_of_service else ():
            with suppress(PageError):
                policies.append(load_page(self.home, Policy, name))
        return frozenset(policy.purpose for policy in policies)

    def suspensions(self, day: date) -> tuple[Suspension, ...]:
        """Routes whose agreement's review date has passed on this London day."""
        return tuple(_suspension(route) for route in self.routes if route.policy.agreement.review < day)

    def in_service(self, day: date) -> tuple[Route, ...]:
        suspended = {suspension.route for suspension in self.suspensions(day)}
        return tuple(route for route in self.routes if route.name not in suspended)

    def refuse_faults(self) -> None:
        """PageError if any route is out of service: for those who want all or nothing."""
        faults = [fault for broken in self.out_of_service for fault in broken.faults]
        if faults:
            raise PageError(faults)


def load(home: Path, environ: Mapping[str, str]) -> Configuration:
    """Read everything under `home`/config; PageError if the machine's settings cannot be used."""
    return with_routes_of_now(
        Configuration(
            home=home, settings=read_settings(home, environ), routes=(), credentials=credentials_folder(environ)
        )
    )


def with_routes_of_now(configuration: Configuration, only: str = "") -> Configuration:
    """The same settings, and the routes as their pages are at this moment, or one of them: a service asks at every round."""
    home = configuration.home
    routes: list[Route] = []
    broken: list[OutOfService] = []
    for name in [only] if only else names(home, RoutePage):
        try:
            routes.append(read_route(home, name, configuration.workspace.certificates))
        except PageError as error:
            broken.append(OutOfService(route=name, faults=error.faults))
    return replace(configuration, routes=tuple(routes), out_of_service=tuple(broken))


def read_route(home: Path, name: str, certificates: Path) -> Route:
    """One route with its three pages; PageError with the faults of all of them together."""
    if not re.fullmatch(Slug, name):
        sentence = "the name of a page is not lower-case letters, digits and hyphens"
        raise PageError([Fault(page=f"{CONFIG}/routes", key="", sentence=sentence, remedy="rename it")])
    page = load_page(home, RoutePage, name)
    faults: list[Fault] = []
    partner = _named(home, page, "partner", Partner, faults)
    policy = _named(home, page, "policy", Policy, faults)
    schema = _named(home, page, "schema_name", Schema, faults)
    if partner is None or policy is None or schema is None:
        raise PageError(faults)
    route = Route(page=page, partner=partner, policy=policy, schema=schema)
    if faults := [*faults_between(route), *certificate_faults(certificates, partner)]:
        raise PageError(faults)
    return route


def _named(home: Path, page: RoutePage, key: str, kind: type[PageT], faults: list[Fault]) -> PageT | None:
    """The page that `key` names, or None with the reason added to `faults`."""
    name, known = getattr(page, key), names(home, kind)
    if name not in known:
        folder = NAME_KEYS[kind][0]
        remedy = did_you_mean(name, known) or known_names(known)
        sentence = f"names a page that is not in config/{folder}"
        faults.append(Fault(page=shown(RoutePage, page.route), key=key, sentence=sentence, remedy=remedy))
        return None
    try:
        return load_page(home, kind, name)
    except PageError as error:
        faults.extend(error.faults)
        return None


def _suspension(route: Route) -> Suspension:
    agreement = route.policy.agreement
    return Suspension(
        route=route.name,
        reason="agreement-out-of-date",
        sentence=f"the route {route.name} is suspended: its agreement was due for review on {agreement.review}",
        remedy=f"review the agreement, set its new date in {shown(Policy, route.policy.policy_name)}, sign the route",
    )
