"""A route is changed while something of it is on its way: what two people have signed for was another route."""

import pytest

from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS
from tests.end_to_end.test_withdrawal import handed_over, taken_back, upn_of

__all__ = ["handed_over"]


def change(world, kind, name, old, new):
    page = world.council.home / "config" / kind / f"{name}.toml"
    text = page.read_text()
    assert old in text
    page.write_text(text.replace(old, new, 1))


def more_in_the_floor(world):
    """What needed a consent leaves of everybody from now on: no ceiling of a statement counts it."""
    change(world, "policies", "yss", '"town", "postcode",\n', '"town", "postcode", "mobile",\n')
    change(world, "policies", "yss", '"phone", "mobile"', '"phone"')


def to_another_partner(world, type_in):
    partners = world.council.home / "config" / "partners"
    page = (partners / "youth-support.toml").read_text()
    page = page.replace('partner = "youth-support"', 'partner = "other-service"')
    (partners / "other-service.toml").write_text(page.replace('inbox = "inbox"', 'inbox = "elsewhere"'))
    change(world, "routes", "yss", 'partner = "youth-support"', 'partner = "other-service"')
    assert type_in("keys", "new", "reference-other-service").code == 0
    elsewhere = world.partners[YSS].files / "elsewhere"
    elsewhere.mkdir()
    return elsewhere


def unsealed(world):
    """Approved, and the disk says no."""
    world.approved()
    blocked = world.council.configuration.workspace.disclosures(f"{world.transfers()[0]}.parquet")
    blocked.mkdir()
    world.run("prepare")
    blocked.rmdir()
    assert world.stages() == [Stage.APPROVED]


def sealed(world):
    world.approved()
    world.run("prepare")
    assert world.stages() == [Stage.SEALED]


@pytest.mark.parametrize("until", [unsealed, sealed])
def test_what_was_signed_for_before_the_rules_were_changed_waits_for_new_signatures(world, until):
    until(world)
    (transfer,) = world.transfers()
    more_in_the_floor(world)
    world.run()
    assert world.inbox() == []
    assert world.ladder(transfer)[-2:] == ["paused", "refused"]
    assert world.facts(transfer, Stage.PAUSED)["reasons"] == ("over-route-changed",)
    assert sorted(world.stages()) == [Stage.REFUSED, Stage.WAITING]
    name = f"again-{transfer}.csv"
    assert name in world.waiting()
    world.sign_both(name=name)
    world.run()
    assert sorted(world.stages()) == [Stage.DELIVERED, Stage.REFUSED]


@pytest.mark.parametrize("until", [unsealed, sealed])
def test_a_partner_that_is_reached_in_another_way_needs_no_new_signatures(world, until):
    until(world)
    change(world, "partners", "youth-support", 'ack_within = "PT24H"', 'ack_within = "PT48H"')
    world.run()
    assert world.stages() == [Stage.DELIVERED]


@pytest.mark.parametrize("until", [unsealed, sealed])
def test_what_was_signed_for_one_partner_goes_to_no_other(world, type_in, until):
    until(world)
    (transfer,) = world.transfers()
    elsewhere = to_another_partner(world, type_in)
    world.run()
    assert [*elsewhere.iterdir()] == []
    assert world.ladder(transfer)[-2:] == ["paused", "refused"]
    assert sorted(world.stages()) == [Stage.REFUSED, Stage.WAITING]


def test_an_order_for_another_partner_is_not_put_where_the_route_leads_now(world, type_in):
    """Deliver is quicker than prepare, which has not taken it back yet."""
    sealed(world)
    elsewhere = to_another_partner(world, type_in)
    world.run("deliver")
    assert [*elsewhere.iterdir()] == []
    assert world.inbox() == []


@pytest.mark.parametrize("until", ["withdrawn", "sealed"])
def test_a_removal_for_one_partner_goes_to_no_other_and_a_person_is_told(world, handed_over, type_in, until):
    _, rows = handed_over
    (removal,) = taken_back(world, {"upn": upn_of(world, rows[3])})
    if until == "sealed":
        world.run("prepare")
    elsewhere = to_another_partner(world, type_in)
    world.run()
    world.clock.turn(hours=6)
    world.run()
    assert [*elsewhere.iterdir()] == []
    assert world.ladder(removal.transfer)[-1] == "failed"
    assert world.facts(removal.transfer, Stage.FAILED)["code"] == "partner-changed"
    assert str(removal.transfer) in type_in("todo").out
