"""Do the pages hold together, and is each route's agreement in date?"""

from collections.abc import Iterator
from datetime import date, timedelta

from gateway.config.checkup.check import CONFIGURATION, Check, Surroundings, fail, ok, unless, warn
from gateway.config.load import Configuration
from gateway.config.signed_routes import unsigned_reason
from gateway.contract.route import Route
from gateway.story.collection_xsd import collection_xsd
from gateway.vocabulary.errors import ConfigError
from gateway.vocabulary.moment import london_day

SOON = timedelta(days=30)


def settings_are_ours(configuration: Configuration, around: Surroundings) -> Iterator[Check]:  # noqa: ARG001
    settings = configuration.settings
    if settings.demo:
        yield warn("settings", "demo is on: unsigned routes run", "take 'demo' out of config/gateway.toml")
    elif settings.domain.rpartition(".")[2] == "example":
        yield fail("settings", "the domain is still the example's", "set 'domain' in config/gateway.toml to your own")
    else:
        yield ok("settings", f"this gateway is {settings.domain}, its log {settings.log_origin}")


def routes_are_sound(configuration: Configuration, around: Surroundings) -> Iterator[Check]:
    for broken in configuration.out_of_service:
        for fault in broken.faults:
            sentence = f"out of service: {fault.page}: {fault.key} {fault.sentence}".replace(":  ", ": ")
            yield fail(f"route {broken.route}", sentence, fault.remedy)
    if not configuration.routes:
        yield fail(CONFIGURATION, "no route can be used", "fill in or correct what is named above")
    for route in configuration.routes:
        problems = (
            *_agreement(route, london_day(around.at)),
            *_signature(configuration, route, around),
            *_collection_xsd(configuration, route),
        )
        yield from unless(problems, f"route {route.name}", "its pages fit together, and it is signed as it stands")


def _signature(configuration: Configuration, route: Route, around: Surroundings) -> Iterator[Check]:
    if configuration.settings.demo:
        return
    if unsigned := unsigned_reason(configuration, route, around.at):
        yield fail(f"route {route.name}", unsigned.sentence, unsigned.remedy)


def _collection_xsd(configuration: Configuration, route: Route) -> Iterator[Check]:
    try:
        collection_xsd(configuration.workspace, route.schema)
    except ConfigError as error:
        yield fail(f"route {route.name}", error.message, error.remedy)


def _agreement(route: Route, day: date) -> Iterator[Check]:
    agreement = route.policy.agreement
    if agreement.review < day:
        yield fail(
            f"route {route.name}",
            f"suspended: the agreement {agreement.reference} was due for review on {agreement.review}",
            "review the agreement, set its new date in the policy, and have the route signed again",
        )
    elif agreement.review - day <= SOON:
        yield warn(
            f"route {route.name}",
            f"the agreement {agreement.reference} is due for review on {agreement.review}",
            "review it now: on the day after, the route is suspended",
        )
