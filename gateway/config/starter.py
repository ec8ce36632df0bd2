"""A working starter set in a new folder: pages, fresh keys, empty lists of signers, folders.

The pages are this project's own `config/`, with the gateway's name filled in. Partners are
examples: unless their details are given, they stay empty and their routes out of service.
Nothing is ever overwritten: the folder must be new or empty.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from gateway.config.filling import Value, fill, spell
from gateway.config.first_keys import PUBLIC_MODE, create_keys, make_private
from gateway.config.load import Configuration, load
from gateway.config.machine import PAGE, validate_settings
from gateway.config.pages import NAME_KEYS, names, shown
from gateway.config.stores import make_or_upgrade
from gateway.contract.partner import Partner
from gateway.contract.route import RoutePage
from gateway.footing import durable
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.namespaces import REGISTER_ACTS, of_act, of_route

EXAMPLES = Path(__file__).parent / "examples"
EXAMPLE_FOLDERS = ("config", "keys")
IN_USE = ("yss", "dfe-school-census")
EXAMPLE_DOMAIN, EXAMPLE_SENDER = "handoff.council.example", "council"
ROLES = {
    "prepare": "prepares handoffs: the first signature under a release statement",
    "approve": "approves handoffs: the second signature, by somebody else",
    "partner": "checks a partner's record, as the second person beside the data protection officer, and signs it",
    "route": "signs routes: the data protection officer",
}

REGISTER = "register"
"""The file of those who sign for the register: for no single route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerDetails:
    """What only the partner can say; see config/README.md for each."""

    host: str
    username: str
    host_keys: tuple[str, ...]
    recipient: str
    acknowledgement_key: str
    port: int = 22
    inbox: str = "inbox"
    acknowledgements: str = "acknowledgements"

    def values(self) -> dict[str, Value]:
        return {
            "recipient": self.recipient, "acknowledgement_key": self.acknowledgement_key,
            "endpoint.host": self.host, "endpoint.port": self.port, "endpoint.username": self.username,
            "endpoint.host_keys": self.host_keys, "endpoint.inbox": self.inbox,
            "endpoint.acknowledgements": self.acknowledgements,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """What was written: the configuration as it now reads, and the public half of each signing key."""

    configuration: Configuration
    public_keys: Mapping[str, str]


def write(
    home: Path,
    *,
    domain: str = EXAMPLE_DOMAIN,
    sender: str = EXAMPLE_SENDER,
    partners: Mapping[str, PartnerDetails] | None = None,
    settings: Mapping[str, Value] | None = None,
    signers: Mapping[str, str] | None = None,
) -> Starter:
    """Write a starter set into `home`.

    Args:
        partners: by name of the example page; those not given are left to be filled in.
        settings: further lines of gateway.toml (`settle_seconds`, `demo`, …).
        signers: by role, the lines of its file; without them each file only says how to add a line.

    Raises:
        UsageError: the folder holds something already.
        ConfigError: a value does not fit, or an example page does not have its line.
        StorageError: the disk said no.
    """
    machine: dict[str, Value] = {"domain": domain, "sender": sender, **(settings or {})}
    validate_settings(machine)
    _refuse_if_used(home)
    _copy_pages(home, machine, {name: partner.values() for name, partner in (partners or {}).items()})
    configuration = load(home, {})
    make_private(configuration.workspace, names(home, RoutePage))
    _write_signers(configuration, signers or {})
    make_or_upgrade(configuration)
    keys = create_keys(configuration, routes=names(home, RoutePage), partners=names(home, Partner))
    return Starter(configuration=configuration, public_keys=keys)


def complete_partner(home: Path, name: str, details: PartnerDetails) -> None:
    """Fill in a partner's page that was left empty; its comments stay."""
    page = home / shown(Partner, name)
    durable.replace(page, fill(page.read_text("utf-8"), details.values()).encode("utf-8"), PUBLIC_MODE)


def _refuse_if_used(home: Path) -> None:
    if home.is_symlink() or (home.exists() and (not home.is_dir() or any(home.iterdir()))):
        raise UsageError("the folder holds something already, and nothing is overwritten", remedy="name a new folder")
    home.mkdir(mode=0o755, parents=True, exist_ok=True)


def _copy_pages(home: Path, machine: dict[str, Value], partners: Mapping[str, dict[str, Value]]) -> None:
    for source, place in _examples():
        text = source.read_text("utf-8")
        if place == PurePath(PAGE):
            text = _with_settings(text, machine)
        if place.match(f"{NAME_KEYS[Partner][0]}/*.toml"):
            text = fill(text, partners.get(place.stem, {}))
        target = home / _placed(place)
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        durable.write_new(target, text.encode("utf-8"), PUBLIC_MODE)


def _placed(place: PurePath) -> PurePath:
    """A further route lies there switched off: unsigned, it would ask for a signature at every round."""
    off = place.match(f"{NAME_KEYS[RoutePage][0]}/*.toml") and place.stem not in IN_USE
    return place.with_name(f"{place.name}.off") if off else place


def _examples() -> Iterator[tuple[Path, PurePath]]:
    """Each example page, and where it belongs below the home folder."""
    for top in EXAMPLE_FOLDERS:
        folder = (EXAMPLES / top).resolve()  # in a checkout it is a link to the project's own folder
        for source in sorted(folder.rglob("*")):
            if source.suffix in (".toml", ".md"):
                yield source, PurePath(top) / source.relative_to(folder)


def _with_settings(text: str, machine: dict[str, Value]) -> str:
    """Settings that the example page has a line for are filled in; others are added to its end."""
    there = {key: value for key, value in machine.items() if f"\n{key} = " in text}
    added = [f"{key} = {spell(value)}\n" for key, value in machine.items() if key not in there]
    return fill(text, there) + "".join(added)


def _write_signers(configuration: Configuration, given: Mapping[str, str]) -> None:
    domain, folder = configuration.settings.domain, configuration.workspace.signers("prepare").parent
    folder.mkdir(mode=0o755, parents=True)
    for role, act in ROLES.items():
        text = (
            f"# Whoever stands here {act}.\n"
            "# One person a line: name, the namespaces of the routes, their own public key. For example, without the #:\n"
            f'# jo.bloggs@{domain} namespaces="{of_route(role, "yss", domain)}" ssh-ed25519 AAAA...\n'
        )
        lines = given.get(role, "")
        durable.write_new(folder / role, (text + lines).encode("utf-8"), PUBLIC_MODE)
    durable.write_new(folder / REGISTER, (_for_the_register(domain) + given.get(REGISTER, "")).encode(), PUBLIC_MODE)


def _for_the_register(domain: str) -> str:
    namespaces = ",".join(of_act(act, domain) for act in REGISTER_ACTS)
    return (
        "# Whoever stands here signs for the consent register and for holds: two different people a change.\n"
        "# One person a line: name, what they may sign for, their own public key. For example, without the #:\n"
        f'# jo.bloggs@{domain} namespaces="{namespaces}" ssh-ed25519 AAAA...\n'
    )
