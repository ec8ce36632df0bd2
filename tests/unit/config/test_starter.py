import os
import stat
from datetime import date

import pytest

from gateway.config.load import load
from gateway.config.pages import names
from gateway.config.starter import PartnerDetails, write
from gateway.contract.route import RoutePage
from gateway.crypto.age import generate_identity
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import PublicKey, SigningKey
from gateway.vocabulary.errors import ConfigError, UsageError

DOMAIN = "handoff.northmere.test"
PARTNERS = ("youth-support", "returns-officer")


def details():
    return PartnerDetails(
        host="sftp.partner.test", username="northmere", port=2222,
        host_keys=(SigningKey.generate_ed25519().public_line(),),
        recipient=generate_identity().recipient().spelled(),
        acknowledgement_key=SigningKey.generate_ed25519().public_line(),
    )  # fmt: skip


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_partners_that_are_not_filled_in_keep_their_routes_out_of_service(tmp_path):
    configuration = write(tmp_path / "home", domain=DOMAIN).configuration
    assert configuration.routes == ()
    (yss,) = (broken for broken in configuration.out_of_service if broken.route == "yss")
    unfilled = {fault.key for fault in yss.faults if fault.sentence == "is still to be filled in"}
    assert unfilled == {
        "recipient", "acknowledgement_key", "endpoint.host", "endpoint.username", "endpoint.host_keys",
    }  # fmt: skip


def test_with_their_partners_details_all_routes_are_in_service(tmp_path):
    starter = write(tmp_path / "home", domain=DOMAIN, partners={name: details() for name in PARTNERS})
    assert starter.configuration.out_of_service == ()
    assert starter.configuration.route("yss").partner.endpoint.port == 2222
    assert starter.configuration.in_service(date(2026, 11, 24)) == starter.configuration.routes


def test_further_routes_lie_there_switched_off(tmp_path):
    home = tmp_path / "home"
    write(home, domain=DOMAIN)
    assert names(home, RoutePage) == ["dfe-school-census", "yss"]
    off = {path.name for path in (home / "config" / "routes").glob("*.off")}
    assert {"yss-ctf.toml.off", "dfe-cin-census.toml.off", "ofsted.toml.off"} <= off


def test_settings_are_filled_in_or_added(tmp_path):
    home = tmp_path / "home"
    write(home, domain=DOMAIN, sender="northmere", settings={"demo": True, "settle_seconds": 1})
    settings = load(home, {}).settings
    assert (settings.domain, settings.sender, settings.demo, settings.settle_seconds) == (DOMAIN, "northmere", True, 1)
    assert "# How long a dropped file" in (home / "config" / "gateway.toml").read_text()


def test_unsigned_routes_are_never_switched_on_by_default(tmp_path):
    assert write(tmp_path / "home", domain=DOMAIN).configuration.settings.demo is False


def test_every_role_has_a_fresh_key_of_its_own(tmp_path):
    first, second = (write(tmp_path / name, domain=DOMAIN).configuration for name in "ab")
    texts = [
        path.read_bytes()
        for configuration in (first, second)
        for ring in (configuration.prepare_keys, configuration.deliver_keys)
        for path in ring.folder.iterdir()
    ]
    assert len(texts) == len(set(texts)) == 2 * (4 + len(PARTNERS) + 1 + len(names(first.home, RoutePage)))


def test_public_halves_belong_to_their_private_halves(tmp_path):
    starter = write(tmp_path / "home", domain=DOMAIN)
    configuration = starter.configuration
    for role, line in starter.public_keys.items():
        ring = configuration.deliver_keys if role.startswith(("sftp", "obs")) else configuration.prepare_keys
        assert ring.signing_key(role).public == PublicKey.parse(line)
        assert (configuration.workspace.public_keys / f"{role}.pub").read_text() == line + "\n"


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_folders_and_keys_have_the_right_modes_whatever_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        workspace = write(tmp_path / "home", domain=DOMAIN).configuration.workspace
    finally:
        os.umask(before)
    assert mode(workspace.state) == mode(workspace.prepare_keys) == mode(workspace.deliver_keys) == 0o700
    assert mode(workspace.outbox) == mode(workspace.drop_folder("yss")) == 0o770
    assert {mode(key) for key in workspace.prepare_keys.iterdir()} == {0o600}


def test_no_private_half_lies_outside_the_state_folder(tmp_path):
    home = tmp_path / "home"
    write(home, domain=DOMAIN)
    for folder in ("config", "keys", "outbox"):
        assert not [path for path in (home / folder).rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()]


def test_lists_of_signers_name_nobody_and_say_how_to(tmp_path):
    workspace = write(tmp_path / "home", domain=DOMAIN).configuration.workspace
    for role in ("prepare", "approve", "route"):
        text = workspace.signers(role).read_text()
        assert Signers.parse(text, source=role).people == ()
        example = (
            text.splitlines()[-1]
            .removeprefix("# ")
            .replace("AAAA...", SigningKey.generate_ed25519().public_line().split()[1])
        )
        (person,) = Signers.parse(example, source=role).people
        assert person.namespaces == {f"{role}.yss@{DOMAIN}"}


def test_given_signers_are_written(tmp_path):
    line = f'jo@x namespaces="prepare.yss@{DOMAIN}" {SigningKey.generate_ed25519().public_line()}\n'
    workspace = write(tmp_path / "home", domain=DOMAIN, signers={"prepare": line}).configuration.workspace
    assert len(Signers.parse(workspace.signers("prepare").read_text(), source="prepare").people) == 1


def test_a_folder_that_holds_something_is_refused_and_left_as_it_was(tmp_path):
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(UsageError, match="nothing is overwritten"):
        write(tmp_path, domain=DOMAIN)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_second_time_is_refused(tmp_path):
    write(tmp_path / "home", domain=DOMAIN)
    with pytest.raises(UsageError):
        write(tmp_path / "home", domain=DOMAIN)


def test_a_file_or_a_link_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    for name in ("file", "link"):
        with pytest.raises(UsageError):
            write(tmp_path / name, domain=DOMAIN)


@pytest.mark.parametrize("domain", ["", "Upper.Case", "a b", "x" * 65, "a..b", "-a.b", 'a"\ndemo = true #'])
def test_a_domain_that_does_not_fit_is_refused_before_anything_is_written(tmp_path, domain):
    with pytest.raises(ConfigError):
        write(tmp_path / "home", domain=domain)
    assert not (tmp_path / "home").exists()
