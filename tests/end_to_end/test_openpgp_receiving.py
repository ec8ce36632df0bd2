"""A route in OpenPGP, over a real server, to a partner that has this program: `gateway receive` is all it types."""

import csv
import io
import sqlite3
from contextlib import closing
from importlib.util import find_spec

import pytest

from gateway.partner.settings import load_receiver
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS
from tests.end_to_end.openpgp_route import receiver_of, settle
from tests.required import missing
from tests.simulators.openpgp import kept

if find_spec("pysequoia") is None:
    missing("pysequoia is not installed")


@pytest.fixture
def partner(world, type_in):
    """Its page names the certificate that gpg made, and the SSH key that answers."""
    mine = kept("youth-support")
    settle(world, type_in, mine.own.fingerprint.hex().upper(), mine.certificate.encode(), answers_by_ssh=True)
    return receiver_of(world, mine)


@pytest.fixture
def rounds(world, type_in, partner):
    """What is approved goes, what came is received by the partner's own words, what was answered is receipted."""

    def go(*words, code=0):
        assert not world.run().faults
        spoken = type_in("receive", partner, *words)
        assert spoken.code == code, spoken.out + spoken.err
        world.run()
        return spoken.out

    return go


def handed_over(world, rounds):
    world.approved()
    assert "accepted and answered" in rounds()
    (transfer,) = world.transfers()
    return transfer


def received(world, transfer, ending=".csv"):
    path = world.partners[YSS].home / "received" / f"{transfer}{ending}"
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_a_handoff_climbs_every_rung_and_the_partner_is_a_witness(world, rounds):
    world.approved()
    world.run()
    (transfer,) = world.transfers()
    assert world.inbox() == sorted(names_of(transfer, "openpgp"))
    assert "accepted and answered" in rounds()
    assert world.ladder(transfer)[-2:] == ["delivered", "acknowledged"]
    facts = world.facts(transfer, Stage.ACKNOWLEDGED)
    assert facts["partner_key"] == load_receiver(world.partners[YSS].home).key.public.fingerprint
    with world.opened() as gateway:
        cosigned = gateway.log.last_cosigned(world.partners[YSS].name)
        assert cosigned is not None
        assert 0 < cosigned <= gateway.log.latest().checkpoint.size
    assert len(received(world, transfer)) == world.facts(transfer, Stage.SEALED)["released"]
    assert world.inbox() == []


def test_what_is_withdrawn_about_a_child_is_removed_from_the_partners_database(world, rounds, type_in, partner):
    world.approved()
    rounds("--into", "sqlite:///youth.sqlite")
    child = next(child for child in world.people.children if child.outcome == "consented")
    before = references(partner)
    assert type_in("withdraw", stdin=f"upn: {child.fields['upn']}\n").code == 0
    assert "into the database" in rounds("--into", "sqlite:///youth.sqlite")
    assert len(before - references(partner)) == 1
    assert world.stages() == [Stage.ACKNOWLEDGED] * 2


def references(partner):
    with closing(sqlite3.connect(partner / "youth.sqlite")) as database:
        return {row[0] for row in database.execute("select Reference from route_yss")}


def test_what_is_recalled_is_a_removal_of_everybody_in_it(world, rounds, type_in):
    transfer = handed_over(world, rounds)
    everybody = {row["Reference"] for row in received(world, transfer)}
    assert type_in("recall", transfer, "--reason", "wrong-file").code == 0
    rounds()
    (removal,) = set(world.transfers()) - {transfer}
    rows = received(world, removal, "-removal.csv")
    assert {row["Reference"] for row in rows} == everybody
    assert {row["Remove"] for row in rows} == {"whole"}


def test_the_same_file_goes_again_under_the_next_number_once_a_person_has_said_so(world, rounds, type_in):
    first = handed_over(world, rounds)
    assert "drop it into outbox/yss again" in type_in("resend", first).out
    world.drop(name="again.csv")
    world.run("prepare")
    world.sign_both(name="again.csv")
    rounds()
    (second,) = set(world.transfers()) - {first}
    assert [world.facts(one, Stage.SEALED)["sequence"] for one in (first, second)] == [1, 2]
    assert received(world, first) == received(world, second)
    assert world.stages() == [Stage.ACKNOWLEDGED] * 2


def test_what_was_lost_on_the_way_is_resent_from_our_copy_and_a_person_ends_the_partners_wait(
    world, rounds, type_in, partner
):
    transfer = world.in_doubt()
    assert type_in("resend", transfer).code == 2
    assert type_in("resolve", transfer, "absent", "--reason", "asked-by-telephone").code == 0
    assert f"again-{transfer}.csv" in type_in("resend", transfer).out
    world.run("prepare")
    world.sign_both(name=f"again-{transfer}.csv")
    assert "number 1 is missing" in rounds(code=3)
    with (partner / "receiver.toml").open("a") as page:
        page.write("first = { yss = 2 }\n")
    rounds()
    assert sorted(world.stages()) == [Stage.ACKNOWLEDGED, Stage.RESOLVED]


def test_a_parcel_that_was_changed_on_the_way_is_rejected_and_never_acknowledged(world, rounds):
    world.approved()
    world.run()
    (transfer,) = world.transfers()
    path = world.partners[YSS].files / "inbox" / f"{transfer}.pgp"
    whole = path.read_bytes()
    path.write_bytes(whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:])
    assert "ciphertext-hash" in rounds(code=65)
    assert world.stages() == [Stage.REJECTED_BY_PARTNER]
    assert world.facts(transfer, Stage.REJECTED_BY_PARTNER)["code"] == "ciphertext-hash"
