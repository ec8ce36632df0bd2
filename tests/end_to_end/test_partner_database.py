"""A whole handoff into a partner's database, and its end: acknowledged by the council, destroyed by the partner."""

import sqlite3
from collections import Counter
from dataclasses import replace

import pytest

from gateway.crypto.ssh_keys import PublicKey
from gateway.demo.council import DOMAIN
from gateway.footing import mailbox
from gateway.footing.mailbox import Observation
from gateway.partner.disposing import purge
from gateway.partner.receiving import receive
from gateway.partner.settings import load_receiver
from gateway.seal.acknowledgement import UnverifiedAcknowledgement
from gateway.service.wiring import gates_of
from gateway.story.withdrawing import withdraw
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.parcel import disposal_names
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS

URL = "sqlite:///youth.sqlite"


@pytest.fixture
def loaded(world):
    world.approved()
    world.run()
    partner = world.partners[YSS]
    (received,) = receive(load_receiver(partner.home, into=URL), world.clock())
    assert (received.result, received.place) == ("accepted", "database")
    world.run()
    return world


def ask(world, query: str) -> list[tuple]:
    with sqlite3.connect(world.partners[YSS].home / "youth.sqlite") as connection:
        rows = connection.execute(query).fetchall()
    connection.close()
    return rows


def alone(world, condition: str = "1") -> tuple[dict, list]:
    """A child that the partner holds, whom a first name and a date of birth tell from all others, and their row."""
    rows = ask(world, f"select Forename, DateOfBirth, Reference, Mobile from route_yss where {condition}")  # noqa: S608
    named = Counter((c.fields["forename"], c.fields["date_of_birth"]) for c in world.people.children)
    row = next(row for row in rows if named[row[:2]] == 1)
    fields = (c.fields for c in world.people.children)
    return next(f for f in fields if (f["forename"], f["date_of_birth"]) == row[:2]), row


def test_what_was_released_is_in_the_database_and_the_council_has_the_signature(loaded):
    (transfer,) = loaded.transfers()
    assert loaded.stages() == [Stage.ACKNOWLEDGED]
    released = loaded.facts(transfer, Stage.SEALED)["released"]
    assert ask(loaded, "select count(*), count(distinct Reference) from route_yss") == [(released, released)]
    assert ask(loaded, "select distinct handoff_transfer from route_yss") == [(transfer,)]
    assert loaded.partners[YSS].received == []


def test_a_child_who_is_put_on_hold_is_gone_from_the_database_with_the_next_full_parcel(loaded):
    (before,) = ask(loaded, "select count(*) from route_yss")[0]
    fields, (first, date, *_) = alone(loaded)
    loaded.hold({"upn": fields["upn"]})
    loaded.clock.turn(minutes=1)
    loaded.drop(b"".join(loaded.extract().splitlines(keepends=True)[:-1]), name="again.csv")
    loaded.run("prepare")
    loaded.sign_both(name="again.csv")
    loaded.run()
    receive(load_receiver(loaded.partners[YSS].home, into=URL), loaded.clock())
    (after,) = ask(loaded, "select count(*) from route_yss")[0]
    assert after < before
    remaining = ask(loaded, "select Forename, DateOfBirth from route_yss")
    assert (first, date) not in remaining


@pytest.mark.parametrize("consented_only", [True, False])
def test_what_the_council_withdraws_is_gone_from_the_database_and_signed_for(loaded, consented_only):
    fields, (first, _, reference, mobile) = alone(loaded, "Mobile is not null")
    child = {"upn": fields["upn"]}
    with loaded.opened() as gateway:
        gates = gates_of(gateway, loaded.council.configuration, loaded.clock())
        (prepared,) = withdraw(gateway, gates, child, consented_only=consented_only, uid=0).prepared
    loaded.run()
    (received,) = receive(load_receiver(loaded.partners[YSS].home, into=URL), loaded.clock())
    assert (received.transfer, received.result, received.rows) == (prepared.transfer, "accepted", 1)
    left = ask(loaded, f"select Forename, Mobile from route_yss where Reference = '{reference}'")  # noqa: S608
    assert left == ([(first, None)] if consented_only else [])
    assert mobile
    loaded.run()
    with loaded.opened() as gateway:
        assert gateway.log.stage(prepared.transfer) is Stage.ACKNOWLEDGED


def test_when_all_of_it_is_destroyed_the_partner_signs_for_that(loaded):
    (transfer,) = loaded.transfers()
    partner = loaded.partners[YSS]
    receiver = load_receiver(partner.home, into=URL)
    loaded.clock.turn(days=1)
    gone = purge(receiver, loaded.clock(), before=loaded.clock().date())
    assert gone.transfers == (transfer,)
    assert ask(loaded, "select count(*) from route_yss") == [(0,)]
    signature, body = (partner.files / "acknowledgements" / name for name in disposal_names(transfer))
    key = PublicKey.parse(loaded.council.configuration.route(YSS).partner.acknowledgement_key)
    answer = UnverifiedAcknowledgement.parse(body.read_bytes(), signature.read_bytes()).verify(key, DOMAIN)
    assert (answer.transfer, answer.disposition) == (transfer, "disposed")


def test_prepare_climbs_to_disposed_when_deliver_brings_that_answer(loaded):
    """Whatever deliver reports, and however often."""
    (transfer,) = loaded.transfers()
    partner, configuration = loaded.partners[YSS], loaded.council.configuration
    loaded.clock.turn(days=1)
    purge(load_receiver(partner.home, into=URL), loaded.clock(), before=loaded.clock().date())
    signature, body = ((partner.files / "acknowledgements" / n).read_bytes() for n in disposal_names(transfer))
    seen = Observation(
        transfer=transfer, outcome="answered", at=loaded.clock(), facts=Facts(), answer=(body, signature)
    )
    key = configuration.deliver_keys.signing_key("observation")
    for _ in range(2):  # the second time changes nothing
        mailbox.report(configuration.workspace.from_deliver, seen, key=key, domain=DOMAIN)
        loaded.run("prepare")
        assert loaded.ladder(transfer)[-1] == Stage.DISPOSED
        loaded.clock.turn(seconds=1)
        seen = replace(seen, at=loaded.clock())
    assert loaded.ladder(transfer).count("disposed") == 1
    assert loaded.facts(transfer, Stage.DISPOSED)["disposition"] == "disposed"
