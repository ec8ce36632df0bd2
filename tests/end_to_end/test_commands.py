"""The verbs as people type them, on a gateway that runs signed routes and not the demonstration's."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.cli.main import run
from gateway.crypto.ssh_keys import SigningKey
from gateway.demo.council import DOMAIN
from gateway.vocabulary.namespaces import of_route
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS


@dataclass(frozen=True)
class Spoken:
    code: int
    out: str
    err: str


@pytest.fixture
def type_in(world):
    def typed(*words, stdin: str = "") -> Spoken:
        out, err = io.StringIO(), io.StringIO()
        code = run(
            ["--home", str(world.council.home), *map(str, words)], {}, out, err,
            stdin=io.StringIO(stdin), clock=world.clock,
        )  # fmt: skip
        return Spoken(code, out.getvalue(), err.getvalue())

    return typed


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


def test_a_route_that_nobody_has_signed_carries_nothing_and_says_what_to_do(in_earnest, type_in):
    in_earnest.drop()
    spoken = type_in("run", "--once")
    assert spoken.code == 3
    assert "the route yss is suspended: nobody has signed it" in spoken.err
    assert "gateway route sign yss --key KEY" in spoken.err
    assert not (in_earnest.council.drop_folder(YSS) / "pupils.csv.release").exists()


def test_from_the_drop_to_the_answer_by_typing(in_earnest, type_in, officer, tmp_path):
    world = in_earnest
    for route in (YSS, CENSUS):
        assert type_in("route", "sign", route, "--key", officer, stdin="yes\n").code == 0
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


def test_a_changed_route_is_suspended_until_it_is_signed_again(in_earnest, type_in, officer):
    for route in (YSS, CENSUS):
        type_in("route", "sign", route, "--key", officer, "--yes")
    page = in_earnest.council.home / "config" / "policies" / "yss.toml"
    page.write_text(page.read_text().replace("until_age = 20", "until_age = 25"))
    spoken = type_in("run", "--once")
    assert spoken.code == 3
    assert "the route yss is suspended: its signature does not count" in spoken.err


def test_a_key_that_may_not_sign_routes_does_not_put_one_into_service(in_earnest, type_in, tmp_path):
    stranger = key_file(tmp_path, SigningKey.generate_ed25519(), "stranger")
    spoken = type_in("route", "sign", YSS, "--key", stranger, "--yes")
    assert spoken.code == 3
    assert type_in("run", "--once").code == 3


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
    assert type_in("resolve", "0" * 26, "absent", "--reason", "asked").code == 74
    assert type_in("resolve", transfer, "absent", "--reason", "Robin Smith said so").code == 2
    assert world.stages() == [Stage.DELIVERED]


def test_disclosures_of_a_child_say_what_left_and_the_look_up_is_receipted(world, type_in):
    world.approved()
    world.run()
    child = world.people.in_situation("parent-yes-to-all")
    found = json.loads(type_in("disclosures", "--json", stdin=f"upn: {child.fields['upn']}\n").out)
    assert [one["route"] for one in found] == [YSS]
    assert "phone" in found[0]["released"]
    floor = world.people.in_situation("parent-no")
    (about,) = json.loads(type_in("disclosures", "--json", stdin=f"upn: {floor.fields['upn']}\n").out)
    assert "phone" not in about["released"]
    assert "phone" in about["withheld"]
    with world.opened() as gateway:
        assert len(gateway.log.entries(kinds=("look-up",))) == 2


def test_disclosures_do_not_tell_that_a_child_is_on_hold(world, type_in):
    world.approved()
    world.run()
    held = next(child for child in world.people.children if child.situation == world.people.held[0].situation)
    objected = world.people.in_situation("objection")
    said = [type_in("disclosures", stdin=f"upn: {child.fields['upn']}\n").out for child in (held, objected)]
    assert all("nothing about this child left" in one for one in said)
    assert said[0] == said[1]
    assert "on hold" not in said[0]


def test_disclosures_that_were_tampered_with_are_found_out(world, type_in):
    world.approved()
    world.run()
    (transfer,) = world.transfers()
    path = world.council.configuration.workspace.disclosures(f"{transfer}.parquet")
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    child = world.people.in_situation("parent-no")
    spoken = type_in("disclosures", stdin=f"upn: {child.fields['upn']}\n")
    assert spoken.code == 70
    assert spoken.out == ""


@pytest.mark.parametrize("stdin", ["", "\n\n", "name: x\n", "upn\n", "upn: not-one\n"])
def test_a_child_that_cannot_be_recognised_is_not_looked_up(world, type_in, stdin):
    assert type_in("disclosures", stdin=stdin).code in (2, 65)
    with world.opened() as gateway:
        assert gateway.log.entries(kinds=("look-up",)) == []
