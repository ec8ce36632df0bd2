"""What a partner has still to be told is reckoned from the ledger, whoever recorded it, and told once."""

from datetime import timedelta

import pytest

from gateway.footing.ledger import reckoned
from gateway.service.wiring import gates_of
from gateway.story import removals_due
from gateway.story.register.holding import add_hold
from gateway.story.removals_due import QUIET, prepare_due
from gateway.vocabulary.errors import GatewayError
from tests.end_to_end.conftest import YSS
from tests.end_to_end.test_withdrawal import handed_over, removal_at_the_partner, rounds, upn_of  # noqa: F401 - a fixture


@pytest.fixture
def desk(world, handed_over):  # noqa: F811 - the fixture
    """The gateway and its route, with nothing that is still to be told."""
    with world.opened() as gateway:
        gate = gates_of(gateway, world.council.configuration, world.clock())[YSS]
        prepare_due([gate], uid=0)
        yield gateway, gate


def hold_out_of_service(world, gateway, row):
    """Recorded while no route is in service, or by a verb that was killed then."""
    add_hold(gateway, {}, {"upn": upn_of(world, row)}, reason="refuge", uid=0)


def is_settled(gateway):
    with gateway.ledger.reading() as tx:
        return reckoned.of_route(tx, YSS) == reckoned.newest(tx)[0]


def test_what_was_recorded_while_its_route_was_out_of_service_is_told_once_it_is_back(world, handed_over, desk):  # noqa: F811
    _, rows = handed_over
    hold_out_of_service(world, desk[0], rows[3])
    assert not is_settled(desk[0])
    world.clock.at += QUIET + timedelta(minutes=1)
    rounds(world)
    assert removal_at_the_partner(world) == [{"Reference": rows[3]["Reference"], "Remove": "whole"}]
    assert is_settled(desk[0])


def test_two_who_reckon_at_the_same_time_tell_the_partner_once(world, handed_over, desk):  # noqa: F811
    gateway, gate = desk
    hold_out_of_service(world, gateway, handed_over[1][0])
    one, other = removals_due._due(gate), removals_due._due(gate)
    assert [len(removals_due._prepared(due, uid=0)) for due in (one, other)] == [1, 0]
    assert prepare_due([gate], uid=0) == []


def test_what_the_partner_was_never_given_is_noted_and_not_asked_again(world, desk):
    gateway, gate = desk
    add_hold(gateway, {}, {"uln": "1000000043"}, reason="refuge", uid=0)
    assert prepare_due([gate], uid=0) == []
    assert is_settled(gateway)


def test_more_than_may_go_at_once_are_left_to_the_next_full_parcel(world, handed_over, desk):  # noqa: F811
    gateway, gate = desk
    for row in handed_over[1][:7]:
        hold_out_of_service(world, gateway, row)
    assert prepare_due([gate], uid=0) == []
    assert is_settled(gateway)


def test_while_disclosures_cannot_be_read_it_stays_due(world, handed_over, desk):  # noqa: F811
    gateway, gate = desk
    transfer, rows = handed_over
    hold_out_of_service(world, gateway, rows[0])
    kept = gateway.workspace.disclosures(f"{transfer}.parquet")
    away = kept.rename(kept.with_name("away"))
    with pytest.raises(GatewayError):
        prepare_due([gate], uid=0)
    assert not is_settled(gateway)
    away.rename(kept)
    assert len(prepare_due([gate], uid=0)) == 1
