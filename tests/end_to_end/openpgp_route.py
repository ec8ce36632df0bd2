"""A route whose partner takes OpenPGP: its page, its certificate, our key for it; and the partner, with gpg or with our program."""

import re
from pathlib import Path

from gateway.config.pages import shown
from gateway.contract.partner import Partner
from gateway.crypto.ssh_keys import PublicKey
from gateway.demo.council import DOMAIN, SENDER
from gateway.seal.openpgp.own_key import message_signer
from tests.simulators.gpg_desk import ME, Desk
from tests.simulators.openpgp import Kept

KEY = f"openpgp-{ME}"


def settle(world, type_in, fingerprint: str, certificate: bytes, *, answers_by_ssh: bool = False) -> Path:
    """The partner's page names the certificate, which lies under keys; our key for this partner is made."""
    path = world.council.home / shown(Partner, ME)
    text = re.sub(r"(?m)^recipient = .*$", f'format = "openpgp"\nrecipient = "{fingerprint}"', path.read_text("utf-8"))
    path.write_text(text if answers_by_ssh else re.sub(r"(?m)^acknowledgement_key = .*\n", "", text))
    folder = world.council.configuration.workspace.certificates
    folder.mkdir(exist_ok=True)
    (folder / f"{fingerprint}.asc").write_bytes(certificate)
    assert type_in("keys", "new", KEY).code == 0
    return path


def council_certificate(world) -> str:
    """Our OpenPGP key for this partner, as the kit has it."""
    public = world.council.configuration.workspace.public_keys
    assert PublicKey.parse((public / f"{KEY}.pub").read_text()).blob
    with world.opened() as gateway:
        return message_signer(gateway.keys.signing_key(KEY), SENDER, ME, DOMAIN).certificate()


def desk_of(world, gpg, folder: Path) -> Desk:
    """What a partner with gpg has from the council: its OpenPGP certificate for this partner, and its signers line."""
    folder.mkdir()
    (folder / "council.asc").write_text(council_certificate(world))
    acts, line = f"envelope@{DOMAIN},content@{DOMAIN}", world.council.public_keys["signing"]
    (folder / "council.signers").write_text(f'{SENDER} namespaces="{acts}" {line}\n')
    return Desk(folder, gpg)


def receiver_of(world, partner: Kept) -> Path:
    """The folder of a partner with `gateway receive`: no age identity, its exported key, the council's certificate."""
    home = world.partners["yss"].home
    (home / "keys" / "identity.key").unlink()
    key = home / "keys" / "openpgp.key"
    key.touch(mode=0o600)
    key.write_bytes(partner.exported)
    (home / "keys" / "council.asc").write_text(council_certificate(world))
    with (home / "receiver.toml").open("a") as page:
        page.write('openpgp_key = "keys/openpgp.key"\n')
    return home
