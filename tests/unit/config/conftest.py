"""A sound home folder with two routes, and a way to spoil one page of it."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.config.first_keys import create_keys, make_private
from gateway.config.load import load
from gateway.crypto.age import generate_identity
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import Ledger, sqlite_url
from tests.unit.config.sound import AT, OFFICER, SECOND, line, register_line, sign_routes, signers

GATEWAY = """
domain = "handoff.northmere.test"
sender = "northmere"
"""
ROUTE = """
route = "{name}"
partner = "{name}"
policy = "{name}"
schema_name = "{name}"
"""
PARTNER = """
partner = "{name}"
name = "Partner {name}"
recipient = "{recipient}"
acknowledgement_key = "{ack}"
[endpoint]
host = "sftp.partner.test"
username = "northmere"
host_keys = ["{host_key}"]
"""
POLICY = """
policy_name = "{name}"
version = 1
kind = "consent"
purpose = "youth-support"
retention = "delete at 20"
[agreement]
reference = "DSA-1"
review = 2027-03-31
[eligibility]
from_age = 13
until_age = 20
[floor]
fields = ["forename", "surname", "date_of_birth", "postcode"]
basis = "section 72"
[[output]]
header = "Ref"
field = "reference"
[[output]]
header = "Surname"
field = "surname"
"""
COLUMNS = (
    ("UPN", "upn", "upn"),
    ("Forename", "forename", "text"),
    ("Surname", "surname", "text"),
    ("DOB", "date_of_birth", "date"),
    ("Address", "address_line_1", "text"),
    ("Postcode", "postcode", "postcode"),
)
SCHEMA = 'schema_name = "{name}"\nversion = 1\n' + "".join(
    f'[[columns]]\nheader = "{header}"\nfield = "{field}"\nshape = "{shape}"\n' for header, field, shape in COLUMNS
)


@dataclass(frozen=True)
class Home:
    path: Path

    def page(self, name: str) -> Path:
        return self.path / "config" / f"{name}.toml"

    def spoil(self, name: str, old: str, new: str) -> None:
        page = self.page(name)
        text = page.read_text("utf-8")
        assert old in text
        page.write_text(text.replace(old, new), "utf-8")

    def add_route(self, name: str) -> None:
        details = {
            "name": name,
            "recipient": generate_identity().recipient().spelled(),
            "ack": SigningKey.generate_ed25519().public_line(),
            "host_key": SigningKey.generate_ed25519().public_line(),
        }
        for folder, text in (("routes", ROUTE), ("partners", PARTNER), ("policies", POLICY), ("schemas", SCHEMA)):
            page = self.page(f"{folder}/{name}")
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text.format(**details), "utf-8")


@pytest.fixture
def home(tmp_path) -> Home:
    home = Home(tmp_path / "home")
    home.add_route("first")
    home.add_route("second")
    home.page("gateway").write_text(GATEWAY, "utf-8")
    return home


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory):
    """Made once: its migrations take their time."""
    folder = tmp_path_factory.mktemp("ledger")
    folder.chmod(0o700)
    Ledger.create_or_upgrade(sqlite_url(folder / "ledger.sqlite")).close()
    return folder / "ledger.sqlite"


@pytest.fixture
def ready(home, empty_ledger):
    """A home in which nothing is missing."""
    page = home.path / "config" / "gateway.toml"
    page.write_text(page.read_text("utf-8") + "alerts.webhook.url = 'https://hooks.northmere.test/'\n", "utf-8")
    configuration = load(home.path, {})
    names = ["first", "second"]
    make_private(configuration.workspace, names)
    create_keys(configuration, routes=names, partners=names)
    configuration.deliver_keys.create_secret("webhook")
    shutil.copy(empty_ledger, configuration.workspace.ledger)
    for role, person in (("prepare", "jo"), ("approve", "kim"), ("route", "lee"), ("partner", "max")):
        signers(configuration, role).parent.mkdir(exist_ok=True)
        signers(configuration, role).write_text(
            line(person, role, key={"route": OFFICER.public_line(), "partner": SECOND.public_line()}.get(role))
        )
    signers(configuration, "register").write_text(register_line("mo") + register_line("nor"))
    sign_routes(configuration)
    for path in (*home.path.joinpath("config").rglob("*"), *home.path.joinpath("keys").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for key in configuration.workspace.state.glob("*/private/*.key"):
        os.utime(key, (AT.timestamp(), AT.timestamp()))  # a key is as old as its file
    return configuration
