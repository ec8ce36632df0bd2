"""What is decided while a route stands still is taken back from its partner once it goes on, and not before."""

from contextlib import contextmanager

import pytest

from tests.end_to_end.test_endings import removals
from tests.end_to_end.test_withdrawal import handed_over, rounds, upn_of

__all__ = ["handed_over"]


@contextmanager
def standing_still(world):
    """The agreement was to be reviewed, and nobody did; then somebody does."""
    page = world.council.home / "config" / "policies" / "yss.toml"
    sound = page.read_text()
    page.write_text(sound.replace("review = 2027-10-31", "review = 2026-11-01"))
    yield
    page.write_text(sound)
    world.clock.turn(minutes=6)  # a round leaves it to whoever recorded it for so long


def is_soon(row):
    """Its birthday: then something may end by itself."""
    return row["DateOfBirth"][5:] in {"11-24", "11-25", "11-26"}


@pytest.mark.parametrize("rounds_meanwhile", [0, 1])
def test_a_hold_that_comes_while_the_route_stands_still_reaches_the_partner_once_it_goes_on(
    world, handed_over, type_in, rounds_meanwhile
):
    _, rows = handed_over
    with standing_still(world):
        spoken = type_in("hold", "add", "--reason", "refuge", stdin=f"upn: {upn_of(world, rows[3])}\n")
        for _ in range(rounds_meanwhile):
            world.run()
        assert removals(world) == []
    assert "yss stands still: what is to be taken back there is taken back once it goes on" in spoken.out
    assert "no partner is told" not in spoken.out
    rounds(world)
    rounds(world)
    assert removals(world) == [{"Reference": rows[3]["Reference"], "Remove": "whole"}]


def test_a_refusal_that_comes_while_the_route_stands_still_takes_back_what_it_closes(world, handed_over, type_in):
    _, rows = handed_over
    row = next(row for row in rows if row["Telephone"])
    refuse = ("consent", "record", "--decision", "refuse", "--purpose", "youth-support", "--by", "parent")
    with standing_still(world):
        spoken = type_in(*refuse, stdin=f"upn: {upn_of(world, row)}\n")
        assert "yss stands still" in spoken.out
    rounds(world)
    (removal,) = removals(world)
    assert removal["Reference"] == row["Reference"]
    assert "Telephone" in removal["Remove"].split()


@pytest.mark.parametrize("page", ["policies/yss.toml", "partners/youth-support.toml", "routes/yss.toml"])
def test_a_refusal_is_recorded_while_a_page_of_its_only_route_is_broken_and_takes_back_once_it_is_mended(
    world, handed_over, type_in, page
):
    _, rows = handed_over
    row = next(row for row in rows if row["Telephone"])
    refuse = ("consent", "record", "--decision", "refuse", "--purpose", "youth-support", "--by", "parent")
    broken = world.council.home / "config" / page
    sound = broken.read_text()
    broken.write_text(sound + "\nnobody_knows_this = true\n")
    spoken = type_in(*refuse, stdin=f"upn: {upn_of(world, row)}\n")
    assert "1 decision recorded" in spoken.out
    broken.write_text(sound)
    world.clock.turn(minutes=6)
    rounds(world)
    rounds(world)
    (removal,) = removals(world)
    assert removal["Reference"] == row["Reference"]
    assert "Telephone" in removal["Remove"].split()


def test_a_purpose_that_nobody_has_heard_of_is_refused_while_a_page_is_broken_as_well(world, handed_over, type_in):
    _, rows = handed_over
    page = world.council.home / "config" / "policies" / "yss.toml"
    page.write_text(page.read_text() + "\nnobody_knows_this = true\n")
    refuse = ("consent", "record", "--decision", "refuse", "--purpose", "nobodys", "--by", "parent")
    spoken = type_in(*refuse, stdin=f"upn: {upn_of(world, rows[0])}\n")
    assert (spoken.code, "no route has this purpose" in spoken.err) == (65, True)


def test_what_was_taken_back_before_is_not_taken_back_again_when_a_route_goes_on(world, handed_over):
    _, rows = handed_over
    earlier, later = [row for row in rows if not row["Telephone"] and not is_soon(row)][:2]
    world.hold({"upn": upn_of(world, earlier)})
    rounds(world)
    world.clock.turn(days=2)
    with standing_still(world):
        world.hold({"upn": upn_of(world, later)})
    rounds(world)
    assert [one["Reference"] for one in removals(world)].count(earlier["Reference"]) == 1
    assert {"Reference": later["Reference"], "Remove": "whole"} in removals(world)
