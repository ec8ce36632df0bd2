"""The verbs as people type them, on a gateway that runs signed routes and not the demonstration's."""

import json
from pathlib import Path

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.demo.council import DOMAIN
from gateway.vocabulary.namespaces import of_route
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS


def key_file(folder: Path, key: SigningKey, name: str) -> Path:
    path = folder / f"{name}.key"
    path.write_bytes(key.openssh_private())
    path.chmod(0o600)
    return path


@pytest.fixture
def in_earnest(world):
    """Routes must be signed; the clock is the host's business."""
    page = world.council.home / "config" / "gateway.toml"
    page.write_text(page.read_text().replace("demo = true", 'clock = "host"'))
    return world


@pytest.fixture
def officer(world, tmp_path):
    key = SigningKey.generate_ed25519()
    namespaces = ",".join(of_route("route", route, DOMAIN) for route in (YSS, CENSUS))
    with world.council.configuration.workspace.signers("route").open("a") as signers:
        signers.write(f'officer@{DOMAIN} namespaces="{namespaces}" {key.public_line()}\n')
    return key_file(tmp_path, key, "officer")


@pytest.fixture
def second(world, tmp_path):
    """Who signs the partner's record beside the officer."""
    key = SigningKey.generate_ed25519()
    namespaces = ",".join(of_route("partner", route, DOMAIN) for route in (YSS, CENSUS))
    with world.council.configuration.workspace.signers("partner").open("a") as signers:
        signers.write(f'second@{DOMAIN} namespaces="{namespaces}" {key.public_line()}\n')
    return key_file(tmp_path, key, "second")


def test_a_route_that_nobody_has_signed_carries_nothing_and_says_what_to_do(in_earnest, type_in):
    in_earnest.drop()
    spoken = type_in("run", "--once")
    assert spoken.code == 3
    assert "the route yss is suspended: nobody has signed it" in spoken.err
    assert "gateway route sign yss --key KEY" in spoken.err
    assert not (in_earnest.council.drop_folder(YSS) / "pupils.csv.release").exists()


def test_status_says_once_why_a_route_stands_still(in_earnest, type_in):
    spoken = type_in("status")
    assert spoken.code == 3
    assert "route yss: suspended, nobody has signed it\n" in spoken.out
    assert "ALARM  the route yss is suspended: nobody has signed it\n" in spoken.out


def test_from_the_drop_to_the_answer_by_typing(in_earnest, type_in, officer, second, tmp_path):
    world = in_earnest
    for route in (YSS, CENSUS):
        assert type_in("route", "sign", route, "--key", officer, stdin="yes\n").code == 0
        assert type_in("route", "sign", route, "--as", "partner", "--key", second, stdin="yes\n").code == 0
    path = world.drop()
    stated = type_in("release", path, "--route", YSS)
    assert stated.code == 0
    assert "rows-at-most: " in stated.out
    for role, key in world.council.people.items():
        private = key_file(tmp_path, key, role)
        signed = type_in("approve", path, "--route", YSS, "--role", role, "--key", private, stdin="yes\n")
        assert (signed.code, signed.err.count("gateway:")) == (0, 0)
    assert type_in("run", "--once").code == 0
    world.partners[YSS].receive(world.clock())
    assert type_in("run", "--once", "--only", "deliver").code == 0
    assert type_in("run", "--once", "--only", "prepare").code == 0
    listed = json.loads(type_in("receipts", "list", "--json").out)
    assert [one["stage"] for one in listed] == ["acknowledged"]
    page = type_in("receipts", "show", listed[0]["transfer"]).out
    assert "acknowledged" in page
    assert "withheld" not in page, "which rule withheld how many is not for operators"
    assert "the log is whole" in type_in("receipts", "verify").out
    assert type_in("status").code == 0


def test_a_changed_route_is_suspended_until_it_is_signed_again(in_earnest, type_in, officer, second):
    for route in (YSS, CENSUS):
        type_in("route", "sign", route, "--key", officer, "--yes")
        type_in("route", "sign", route, "--as", "partner", "--key", second, "--yes")
    page = in_earnest.council.home / "config" / "policies" / "yss.toml"
    page.write_text(page.read_text().replace("until_age = 20", "until_age = 25"))
    in_earnest.drop()
    statement = in_earnest.council.drop_folder(YSS) / "pupils.csv.release"
    spoken = type_in("run", "--once")
    assert spoken.code == 3
    assert "the route yss is suspended: its signature does not count" in spoken.err
    assert not statement.exists()
    type_in("route", "sign", YSS, "--key", officer, "--yes")
    assert type_in("run", "--once").code == 0
    assert statement.exists()


def test_a_key_that_may_not_sign_routes_does_not_put_one_into_service(in_earnest, type_in, tmp_path):
    stranger = key_file(tmp_path, SigningKey.generate_ed25519(), "stranger")
    spoken = type_in("route", "sign", YSS, "--key", stranger, "--yes")
    assert spoken.code == 3
    assert type_in("run", "--once").code == 3


def test_a_key_that_may_not_sign_leaves_the_signature_that_counts_where_it_is(
    in_earnest, type_in, officer, second, tmp_path
):
    for route in (YSS, CENSUS):
        type_in("route", "sign", route, "--key", officer, "--yes")
        type_in("route", "sign", route, "--as", "partner", "--key", second, "--yes")
    stranger = key_file(tmp_path, SigningKey.generate_ed25519(), "stranger")
    for role in ("route", "partner"):
        spoken = type_in("route", "sign", YSS, "--as", role, "--key", stranger, "--yes")
        assert spoken.code == 3
        assert (
            f"nothing was signed: a signature was made with a key that does not stand in keys/signers/{role}"
            in spoken.err
        )
    assert type_in("run", "--once").code == 0


def test_a_key_that_would_refuse_the_file_signs_nothing(world, type_in, tmp_path):
    path = world.drop()
    world.run("prepare")
    stranger = key_file(tmp_path, SigningKey.generate_ed25519(), "stranger")
    preparer = key_file(tmp_path, world.council.people["prepare"], "prepare")
    spoken = type_in("approve", path, "--route", YSS, "--key", stranger, "--yes")
    assert (spoken.code, "nothing was signed" in spoken.err) == (3, True)
    spoken = type_in("approve", path, "--route", YSS, "--key", preparer, "--yes")
    assert (spoken.code, "sign with --role prepare" in spoken.err) == (3, True)
    assert not list(path.parent.glob("*.sig"))
    assert type_in("approve", path, "--route", YSS, "--role", "prepare", "--key", preparer, "--yes").code == 0
    world.run("prepare")
    assert world.stages() == [Stage.WAITING]


def test_who_has_signed_in_one_role_signs_nothing_in_the_other(world, type_in, tmp_path):
    key, workspace = world.council.people["prepare"], world.council.configuration.workspace
    (principal,) = {
        line.split()[0] for line in workspace.signers("prepare").read_text().splitlines() if key.public_line() in line
    }
    with workspace.signers("approve").open("a") as signers:
        signers.write(f'{principal} namespaces="{of_route("approve", YSS, DOMAIN)}" {key.public_line()}\n')
    path = world.drop()
    world.run("prepare")
    preparer = key_file(tmp_path, key, "prepare")
    assert type_in("approve", path, "--route", YSS, "--role", "prepare", "--key", preparer, "--yes").code == 0
    spoken = type_in("approve", path, "--route", YSS, "--key", preparer, "--yes")
    assert (spoken.code, "has signed in the other role already" in spoken.err) == (3, True)
    assert len(list(path.parent.glob("*.sig"))) == 1


@pytest.mark.parametrize("name", ["pupils.csv.release", "pupil.csv"])
def test_a_statement_or_a_misspelt_name_is_no_extract_to_sign(world, type_in, name):
    path = world.drop()
    world.run("prepare")
    spoken = type_in("approve", path.with_name(name), "--route", YSS, "--key", "k")
    assert (spoken.code, "name the extract itself" in spoken.err) == (2, True)


@pytest.mark.parametrize("answer", ["", "no\n", "Yes\n", "y\n"])
def test_whoever_does_not_type_yes_has_signed_nothing(world, type_in, tmp_path, answer):
    path = world.drop()
    world.run("prepare")
    private = key_file(tmp_path, world.council.people["approve"], "approve")
    spoken = type_in("approve", path, "--route", YSS, "--key", private, stdin=answer)
    assert spoken.code == 3
    assert not list(path.parent.glob("*.sig"))


def test_a_statement_for_a_file_elsewhere_is_not_written(world, type_in, tmp_path):
    elsewhere = tmp_path / "pupils.csv"
    elsewhere.write_bytes(world.extract())
    assert type_in("release", elsewhere, "--route", YSS).code == 2


def test_a_file_that_cannot_leave_is_refused_by_release_with_the_reason(world, type_in):
    path = world.drop(b"a,b,c\n1,2,3\n")
    spoken = type_in("release", path, "--route", YSS)
    assert spoken.code == 4
    assert "refused/" in spoken.err
    assert len(world.refused()) == 1


def test_an_unknown_route_is_a_fault_of_the_configuration_with_a_suggestion(world, type_in):
    spoken = type_in("approve", "x.csv", "--route", "ysss", "--key", "k")
    assert spoken.code == 78
    assert "did you mean 'yss'" in spoken.err


def test_no_empty_ledger_takes_the_place_of_one_that_is_gone(world, type_in):
    """It would know no hold, and begin another log."""
    world.approved()
    world.run()
    ledger = world.council.configuration.workspace.ledger
    for path in ledger.parent.glob(f"{ledger.name}*"):
        path.unlink()
    assert "restore it" in type_in("run", "--once").err
    spoken = type_in("doctor", "--upgrade")
    assert (spoken.code, "the ledger is gone" in spoken.err) == (74, True)
    assert not ledger.exists()


def test_status_names_what_waits_for_a_person_and_leaves_with_3(world, type_in):
    world.drop()
    world.run("prepare")
    spoken = type_in("status")
    assert spoken.code == 3
    assert "outbox/yss/waiting.txt" in spoken.out
    (one,) = json.loads(type_in("status", "--json").out)["transfers"]
    assert (one["stage"], one["needs_person"]) == ("waiting", True)


def test_a_failed_delivery_is_tried_again_once_somebody_says_so(world, type_in):
    world.approved()
    inbox = world.partners[YSS].files / "inbox"
    away = inbox.rename(inbox.with_name("away"))
    world.run()
    assert world.stages() == [Stage.FAILED]
    assert "gateway retry" in type_in("status").out
    away.rename(inbox)
    world.run()
    assert world.stages() == [Stage.FAILED], "never by itself"
    (transfer,) = world.transfers()
    assert type_in("retry", transfer).code == 0
    world.run()
    assert world.stages() == [Stage.DELIVERED]
    assert type_in("retry", transfer).code == 2


def test_only_what_is_in_doubt_can_be_resolved(world, type_in):
    world.approved()
    world.run()
    (transfer,) = world.transfers()
    assert type_in("resolve", transfer, "absent", "--reason", "asked").code == 2
    assert type_in("resolve", "0" * 26, "absent", "--reason", "asked").code == 2
    assert type_in("resolve", transfer, "absent", "--reason", "Robin Smith said so").code == 2
    assert world.stages() == [Stage.DELIVERED]
