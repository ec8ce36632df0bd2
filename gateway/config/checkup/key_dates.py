"""Which keys come of age within thirty days, and whose right to sign ends: while there is time to tell partners."""

from collections.abc import Iterator
from datetime import datetime

from gateway.config.certificates import certificates_end
from gateway.config.checkup.check import Check, Surroundings, unless, warn
from gateway.config.load import Configuration
from gateway.config.own_keys import AHEAD, LIFETIME, Standing, roles, standing
from gateway.config.starter import ROLES
from gateway.crypto.allowed_signers import Signer
from gateway.footing.signers_files import read_signers
from gateway.story.key_steps import key_steps
from gateway.vocabulary.errors import GatewayError

NAME = "dates of keys"


def keys_are_in_date(configuration: Configuration, around: Surroundings) -> Iterator[Check]:
    problems = [*_own(configuration, around.at), *_people(configuration, around.at)]
    problems += _certificates(configuration, around.at)
    yield from unless(problems, NAME, f"nothing ends within {AHEAD.days} days")


def _own(configuration: Configuration, at: datetime) -> Iterator[Check]:
    for role in roles(configuration):
        try:
            stands = standing(configuration, role)
        except GatewayError:
            continue  # said by the check of the keys themselves
        if stands.due and stands.due - AHEAD <= at:
            yield warn(NAME, _sentence(stands, at), key_steps(stands.role.name, following=stands.following is not None))


def _sentence(stands: Standing, at: datetime) -> str:
    if stands.due and stands.due <= at:
        return f"the key {stands.role.name} is older than {LIFETIME.days} days"
    return f"the key {stands.role.name} will be {LIFETIME.days} days old on {stands.due:%Y-%m-%d}"


def _certificates(configuration: Configuration, at: datetime) -> Iterator[Check]:
    for partner in {route.partner.partner: route.partner for route in configuration.routes}.values():
        end = certificates_end(configuration.workspace.certificates, partner)
        if end is not None and end - AHEAD <= at:
            sentence = f"the OpenPGP certificate of {partner.partner} ends on {end:%Y-%m-%d}"
            yield warn(NAME, sentence, "ask the partner for it as it will be then, and put it into keys/openpgp")


def _people(configuration: Configuration, at: datetime) -> Iterator[Check]:
    for role in ROLES:
        try:
            people = read_signers(configuration.workspace, role).living()
        except GatewayError:
            continue  # said by the check of the signers
        for person in people:
            if _ends_soon(person, at, people):
                sentence = (
                    f"keys/signers/{role}: {person.principal} may no longer sign after {person.valid_before:%Y-%m-%d}"
                )
                yield warn(NAME, sentence, "add a line that goes on from there, or let it end")


def _ends_soon(person: Signer, at: datetime, people: tuple[Signer, ...]) -> bool:
    """And no other line of the same person goes on for the same acts."""
    end = person.valid_before
    if end is None or not at < end <= at + AHEAD:
        return False
    later = [
        other for other in people
        if other.principal == person.principal and (other.valid_before is None or other.valid_before > at + AHEAD)
    ]  # fmt: skip
    return not person.namespaces <= frozenset().union(*(other.namespaces for other in later))
