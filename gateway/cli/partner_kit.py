"""`gateway partner kit NAME`: the folder that a new partner is given."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.opening import Opened, prepare_side
from gateway.config.faults import PageError, did_you_mean, known_names
from gateway.config.first_keys import sftp_role
from gateway.config.pages import load_page, names
from gateway.contract.partner import Partner
from gateway.contract.policy import Policy
from gateway.contract.route import RoutePage
from gateway.crypto.ssh_keys import PublicKey, SigningKey
from gateway.demo.released import rehearsal_file
from gateway.footing import durable
from gateway.footing.plain_file import read_plain
from gateway.footing.working_folder import working_folder
from gateway.partner.kit.page import Council, aloud
from gateway.partner.kit.writing import PAGE, Rehearsal, write_kit
from gateway.receipts import succession
from gateway.seal.openpgp.own_key import message_signer, openpgp_role
from gateway.seal.sealing import Witness
from gateway.story.addressing import addressees
from gateway.story.rehearsal import KIT, record_sealed
from gateway.vocabulary.errors import ConfigError, UsageError
from gateway.vocabulary.moment import london_day

_LARGEST_KEY = 16 * 1024


def kit(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The partner: its page is config/partners/NAME.toml.")],
    to: Annotated[Path | None, typer.Option("--to", metavar="DIR", help="A new folder. Else ./NAME-kit.")] = None,
) -> None:
    """Write what a new partner needs: one page, our public keys, and a parcel to rehearse with.

    The partner's page may still be empty: then the rehearsal is sealed to a key made for it.
    Every child in it is invented. The folder can be zipped and mailed; fingerprints are compared
    by telephone.
    """
    with prepare_side(context) as opened:
        routes = _routes(opened, name)
        folder = (to or Path(f"{name}-kit")).absolute()
        if folder.exists():
            raise UsageError("the folder is there already, and nothing is overwritten", remedy="name a new one: --to")
        page = _page(opened.configuration.home, name)
        openpgp_key = _openpgp_key(opened, page)
        council = _council(opened, routes, openpgp_key)
        with working_folder(folder.parent) as work:
            parcel = write_kit(
                work / "kit",
                council,
                name,
                _rehearsal(opened, page, routes, openpgp_key),
                key=opened.gateway.signing,
                at=opened.gateway.clock(),
                random=opened.gateway.random,
            )
            record_sealed(opened.gateway, KIT, name, parcel)
            durable.publish(work / "kit", folder)
        _say(opened, name, folder, council)


def _routes(opened: Opened, name: str) -> list[RoutePage]:
    """Those that name this partner; at least one."""
    home = opened.configuration.home
    if name not in (known := names(home, Partner)):
        raise UsageError("there is no such partner", remedy=did_you_mean(name, known) or known_names(known))
    pages = [load_page(home, RoutePage, route) for route in names(home, RoutePage)]
    if not (routes := [page for page in pages if page.partner == name]):
        raise ConfigError(f"no route names the partner {name}", remedy="write one in config/routes first")
    return routes


def _openpgp_key(opened: Opened, page: Partner | None) -> SigningKey | None:
    """None for a partner that does not take OpenPGP, or has not said yet."""
    if page is None or page.format != "openpgp":
        return None
    return opened.gateway.keys.signing_key(openpgp_role(page.partner))


def _council(opened: Opened, routes: list[RoutePage], openpgp_key: SigningKey | None) -> Council:
    folder, ours = opened.configuration.workspace.public_keys, opened.gateway
    openpgp = message_signer(openpgp_key, ours.sender, routes[0].partner, ours.domain) if openpgp_key else None
    return Council(
        sender=opened.gateway.sender,
        domain=opened.gateway.domain,
        signing=opened.gateway.signing.public,
        log=opened.gateway.log.public,
        successions=succession.spelled(opened.gateway.log.successions()),
        sftp={page.route: _public(folder / f"{sftp_role(page.route)}.pub") for page in routes},
        openpgp=openpgp.certificate() if openpgp else None,
    )


def _public(path: Path) -> PublicKey:
    return PublicKey.parse(read_plain(path, _LARGEST_KEY, what=f"keys/public/{path.name}").decode("ascii", "replace"))


def _rehearsal(
    opened: Opened, page: Partner | None, routes: list[RoutePage], openpgp_key: SigningKey | None
) -> Rehearsal:
    home = opened.configuration.home
    policy = load_page(home, Policy, routes[0].policy)
    data, rows = rehearsal_file(policy, london_day(opened.gateway.clock()))
    witness = Witness(note=opened.gateway.log.latest().note, since=0, proof=())
    recipient = addressees(opened.gateway, page)[0].recipient if page else None
    return Rehearsal(
        data=data,
        rows=rows,
        witness=witness,
        recipient=recipient,
        openpgp_key=openpgp_key,
        version=page.parcel_version if page else 1,
    )


def _page(home: Path, name: str) -> Partner | None:
    """None while the partner's page is not filled in."""
    try:
        return load_page(home, Partner, name)
    except PageError:
        return None


def _say(opened: Opened, name: str, folder: Path, council: Council) -> None:
    voice = opened.voice
    voice.say(f"the kit for {name} is in {folder}: send the folder whole; {PAGE} says the rest")
    voice.say(f"what they answer, two files, goes into a folder: gateway partner rehearse {name} --check DIR")
    voice.say("read this to them over the telephone, the digest of council.signers:")
    voice.say(f"  {aloud((folder / 'council.signers').read_bytes())}")
    voice.say(f"and its key, as OpenSSH shows it: {council.signing.fingerprint}")
