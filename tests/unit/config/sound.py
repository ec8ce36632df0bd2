"""What a sound home holds beside its pages, and what the checkup finds amiss."""

from datetime import UTC, datetime

from gateway.config.checkup.check import Surroundings
from gateway.config.checkup.examination import examine
from gateway.config.load import load
from gateway.config.signed_routes import signature_path
from gateway.crypto.ssh_keys import SigningKey
from gateway.vocabulary.namespaces import REGISTER_ACTS, of_act

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DOMAIN = "handoff.northmere.test"
LOCAL = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
SECOND = SigningKey.generate_ed25519()
OFFICER = SigningKey.generate_ed25519()
AROUND = Surroundings(at=AT, mounts=LOCAL, clock="synchronised")


def line(person, role, routes=("first", "second"), key=None, options=""):
    namespaces = ",".join(f"{role}.{route}@{DOMAIN}" for route in routes)
    return f'{person}@x namespaces="{namespaces}"{options} {key or SigningKey.generate_ed25519().public_line()}\n'


def register_line(person, acts=REGISTER_ACTS, *, options=""):
    namespaces = ",".join(of_act(act, DOMAIN) for act in acts)
    return f'{person}@x namespaces="{namespaces}"{options} {SigningKey.generate_ed25519().public_line()}\n'


def sign_routes(configuration):
    """As the data protection officer: each route as its pages stand now."""
    for route in load(configuration.home, {}).routes:
        signature = OFFICER.sign(route.canonical(), f"route.{route.name}@{DOMAIN}")
        signature_path(configuration.home, route.name).write_text(signature)
        second = SECOND.sign(route.partner_canonical(), f"partner.{route.name}@{DOMAIN}")
        signature_path(configuration.home, route.name, "partner").write_text(second)


def signers(configuration, role):
    return configuration.workspace.signers(role)


def found(configuration, around=AROUND, *, deep=False):
    """What is not in order, as name and sentence."""
    checks = tuple(examine(configuration.home, {}, around, deep=deep))
    return [(check.outcome, check.name, check.sentence) for check in checks if check.outcome != "ok"]


def only(configuration, around=AROUND):
    (problem,) = found(configuration, around)
    return problem
