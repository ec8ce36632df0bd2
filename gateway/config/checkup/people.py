"""Can two different people sign on every route today, and can two others sign the route and its partner?"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from gateway.config.checkup.check import Check, Surroundings, fail, unless, warn
from gateway.config.load import Configuration
from gateway.config.signed_routes import SIGNED_BY
from gateway.config.starter import ROLES
from gateway.crypto.allowed_signers import Signer
from gateway.crypto.signers import Signers
from gateway.footing.signers_files import read_signers
from gateway.vocabulary.errors import SignersInvalid
from gateway.vocabulary.namespaces import of_route

NAME = "signers"


def people_can_sign(configuration: Configuration, around: Surroundings) -> Iterator[Check]:
    files: dict[str, Signers] = {}
    problems: list[Check] = []
    for role in ROLES:
        try:
            files[role] = read_signers(configuration.workspace, role)
        except SignersInvalid as error:
            problems.append(fail(NAME, error.message, error.remedy))
    if files:
        problems += _shared(*files.values())
    yield from problems
    if not problems:
        yield from _strangers(configuration, files)
        for route in configuration.routes:
            found = _on_route(configuration, route.name, files, around.at)
            yield from unless(found, f"{NAME} of {route.name}", "two people can sign, and two the route itself")


def _shared(first: Signers, *others: Signers) -> Iterator[Check]:
    try:
        first.refuse_shared(*others)
    except SignersInvalid as error:
        yield fail(NAME, error.message, error.remedy)


def _on_route(configuration: Configuration, route: str, files: Mapping[str, Signers], at: datetime) -> Iterator[Check]:
    domain = configuration.settings.domain
    able: dict[str, set[str]] = {}
    for role in ROLES:
        namespace = of_route(role, route, domain)
        able[role] = {person.principal for person in files[role].living() if _may(person, namespace, at)}
        if not able[role] and not (role in SIGNED_BY and configuration.settings.demo):
            remedy = f'add a line to keys/signers/{role} with namespaces="{namespace}"'
            yield fail(f"{NAME} of {route}", f"nobody can sign in the role '{role}' today", remedy)
    if able["prepare"] and able["prepare"] == able["approve"] and len(able["prepare"]) == 1:
        remedy = "add a second person to keys/signers/approve"
        yield fail(f"{NAME} of {route}", "one person alone may prepare and approve, and two must sign", remedy)


def _may(person: Signer, namespace: str, at: datetime) -> bool:
    begun = person.valid_after is None or person.valid_after <= at
    return begun and namespace in person.namespaces and (person.valid_before is None or at < person.valid_before)


def _strangers(configuration: Configuration, files: Mapping[str, Signers]) -> Iterator[Check]:
    """A misspelt namespace lets nobody sign, and says nothing until somebody tries."""
    domain = configuration.settings.domain
    routes = [route.name for route in configuration.routes] + [broken.route for broken in configuration.out_of_service]
    for role, signers in files.items():
        known = {of_route(role, route, domain) for route in routes}
        for person in signers.people:
            if person.namespaces - known:
                sentence = f"{signers.source}: {person.principal} has a namespace that no route of ours uses"
                yield warn(NAME, sentence, f"namespaces here read {role}.ROUTE@{domain}")
