"""Can two different people sign for the register today: for an import that adds consent, for the end of a hold?

Only a warning: until they can, nothing is added and no hold ends, and everything that closes goes on.
"""

from collections.abc import Iterator
from datetime import datetime

from gateway.config.checkup.check import Check, Surroundings, fail, unless, warn
from gateway.config.load import Configuration
from gateway.config.starter import REGISTER
from gateway.crypto.signers import Signers
from gateway.footing.signers_files import read_signers
from gateway.vocabulary.errors import SignersInvalid
from gateway.vocabulary.namespaces import REGISTER_ACTS, of_act

NAME = "signers of the register"
NEEDED = {"register.import": 2, "hold.lift": 2, "hold.list": 1}


def register_can_be_signed(configuration: Configuration, around: Surroundings) -> Iterator[Check]:
    try:
        signers = read_signers(configuration.workspace, REGISTER)
    except SignersInvalid as error:
        missing = not configuration.workspace.signers(REGISTER).exists()
        yield (warn if missing else fail)(NAME, error.message, error.remedy)
        return
    found = _too_few(signers, configuration.settings.domain, around.at)
    yield from unless(found, NAME, "two people can add consent and lift a hold, and somebody can review holds")


def _too_few(signers: Signers, domain: str, at: datetime) -> Iterator[Check]:
    for act, needed in NEEDED.items():
        namespace = of_act(act, domain)
        able = {
            person.principal
            for person in signers.living()
            if namespace in person.namespaces
            and (person.valid_after is None or person.valid_after <= at)
            and (person.valid_before is None or at < person.valid_before)
        }
        if len(able) < needed:
            sentence = f"{len(able)} of {needed} people who are needed can sign {act} today"
            yield warn(NAME, sentence, f'add a line to keys/signers/{REGISTER} with namespaces="{namespace}"')
    known = {of_act(act, domain) for act in REGISTER_ACTS}
    for person in signers.people:
        if person.namespaces - known:
            sentence = f"{signers.source}: {person.principal} has a namespace that the register does not use"
            yield warn(NAME, sentence, "name one of these: " + ", ".join(sorted(known)))
