"""The council of the demonstration: a home folder with fresh keys, and two people who sign."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.approval.desk import statement_name
from gateway.config.filling import Value
from gateway.config.load import Configuration, load
from gateway.config.pages import load_page
from gateway.config.starter import PartnerDetails, complete_partner, write
from gateway.contract.route import RoutePage
from gateway.contract.schema import Schema
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.drop_folder import DropFolder
from gateway.footing.telemetry import Telemetry
from gateway.service.rounds import HALVES, Rounds, run_once
from gateway.vocabulary.namespaces import REGISTER_ACTS, of_act, of_route

DOMAIN, SENDER = "handoff.northmere.example", "northmere"
ROUTES = ("yss", "dfe-school-census")
PEOPLE: Mapping[str, str] = {"prepare": "preparer", "approve": "approver"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Council:
    home: Path
    people: Mapping[str, SigningKey]
    """By role."""
    public_keys: Mapping[str, str]
    """The gateway's own, by role: what partners are given."""
    telemetry: Telemetry
    clock: Callable[[], datetime]

    @property
    def configuration(self) -> Configuration:
        return load(self.home, {})

    @property
    def log_origin(self) -> str:
        return self.configuration.settings.log_origin

    def page(self, route: str) -> RoutePage:
        """Also of a route whose partner's page is still empty."""
        return load_page(self.home, RoutePage, route)

    def schema(self, route: str) -> Schema:
        return self.configuration.route(route).schema

    def drop_folder(self, route: str) -> Path:
        return self.configuration.workspace.drop_folder(route)

    def drop(self, route: str, name: str, content: bytes) -> Path:
        """As staff do it: simply copy the file there."""
        path = self.drop_folder(route) / name
        path.write_bytes(content)
        return path

    def sign(self, route: str, name: str, role: str) -> None:
        """What this person's own `ssh-keygen -Y sign` would write."""
        with DropFolder(self.drop_folder(route)) as folder:
            text = folder.read_small(statement_name(name), 1 << 16)
            signature = self.people[role].sign(text, of_route(role, route, DOMAIN))
            folder.write(f"{statement_name(name)}.{role}.sig", signature.encode("ascii"))

    def run_once(self, halves: frozenset[str] = HALVES) -> Rounds:
        return run_once(self.configuration, clock=self.clock, telemetry=self.telemetry, halves=halves)


def found(
    home: Path,
    *,
    telemetry: Telemetry,
    clock: Callable[[], datetime],
    settings: Mapping[str, Value] | None = None,
) -> Council:
    """A new home folder; its partners' pages are still to be filled in.

    `settings` are further lines of gateway.toml; routes run unsigned unless they say otherwise.
    """
    people = {role: SigningKey.generate_ed25519() for role in PEOPLE}
    starter = write(
        home,
        domain=DOMAIN,
        sender=SENDER,
        settings={"demo": True, "settle_seconds": 0, **(settings or {})},
        signers={role: _line(role, key) for role, key in people.items()} | {"register": _for_the_register(people)},
    )
    return Council(
        home=home, people=people, public_keys=starter.public_keys, telemetry=telemetry, clock=clock
    )  # fmt: skip


def introduce(council: Council, partner: str, details: PartnerDetails) -> None:
    """Write down what a partner has told: its server, its keys."""
    complete_partner(council.home, partner, details)


def _line(role: str, key: SigningKey) -> str:
    namespaces = ",".join(of_route(role, route, DOMAIN) for route in ROUTES)
    return f'{PEOPLE[role]}@{DOMAIN} namespaces="{namespaces}" {key.public_line()}\n'


def _for_the_register(people: Mapping[str, SigningKey]) -> str:
    namespaces = ",".join(of_act(act, DOMAIN) for act in REGISTER_ACTS)
    return "".join(
        f'{PEOPLE[role]}@{DOMAIN} namespaces="{namespaces}" {key.public_line()}\n' for role, key in people.items()
    )
