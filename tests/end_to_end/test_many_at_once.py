"""A thousand files that come at once: a few are stated or claimed in one look, nobody else waits for them, none is left out."""

import pytest

from gateway.service.wiring import prepare_half
from gateway.story.looking import look
from gateway.story.notes import NOT_YET
from gateway.story.prepare import prepare
from gateway.story.seen import AT_A_TIME, LARGE, Effort, Memory
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS

NAMES = ("a.csv", "b.csv", "c.csv", "d.csv", "e.csv")


@pytest.fixture
def gates(world):
    configuration = world.council.configuration
    with prepare_half(configuration, clock=world.clock, telemetry=world.council.telemetry) as half:
        yield half.routes_of_now()[0]


def drop_all(world):
    """Each another file: without the last so many children."""
    lines = world.extract().splitlines(keepends=True)
    for number, name in enumerate(NAMES):
        world.drop(b"".join(lines[: -number or None]), name=name)


def test_of_many_new_files_a_few_are_stated_in_one_look_and_the_others_in_the_next(world, gates):
    drop_all(world)
    memory = Memory()
    assert look(gates[YSS], memory, world.clock(), Effort(2))
    assert world.stages() == [Stage.WAITING] * 2
    assert world.waiting().count(NOT_YET) == 3
    assert look(gates[YSS], memory, world.clock(), Effort(2))
    assert not look(gates[YSS], memory, world.clock(), Effort(2))
    assert world.stages() == [Stage.WAITING] * 5
    assert NOT_YET not in world.waiting()


def test_of_many_signed_ones_a_few_are_claimed_in_one_look_and_the_others_in_the_next(world, gates):
    drop_all(world)
    memory = Memory()
    look(gates[YSS], memory, world.clock())
    for name in NAMES:
        world.sign_both(name=name)
    assert look(gates[YSS], memory, world.clock(), Effort(3))
    assert sorted(world.stages()) == [Stage.APPROVED] * 3 + [Stage.WAITING] * 2
    assert not look(gates[YSS], memory, world.clock(), Effort(3))
    assert world.stages() == [Stage.APPROVED] * 5


def test_what_waits_for_people_takes_nothing_from_what_is_new(world, gates):
    """However many lie there half signed, and in front of it by their names."""
    drop_all(world)
    memory = Memory()
    look(gates[YSS], memory, world.clock())
    for name in NAMES[:4]:
        world.council.sign(YSS, name, "prepare")
    world.drop(world.extract().replace(b"\n", b"\r\n"), name="z.csv")
    assert not look(gates[YSS], memory, world.clock(), Effort(1))
    assert len(world.stages()) == 6


def test_a_file_that_cannot_be_read_takes_nothing_from_the_others(world, gates):
    for number in range(3):
        (world.council.drop_folder(YSS) / f"a-{number}.csv").symlink_to("/dev/null")
    world.drop(name="z.csv")
    assert not look(gates[YSS], Memory(), world.clock(), Effort(1))
    assert world.stages() == [Stage.WAITING]


def test_while_many_wait_their_turn_another_route_has_its_own_and_what_is_signed_leaves(world, gates):
    count = AT_A_TIME + 1
    lines = world.extract().splitlines(keepends=True)
    for number in range(count):
        world.drop(b"".join(lines[: -number or None]), name=f"{number:03}.csv")
    world.drop(route=CENSUS, name="pupils.csv")
    memory = Memory()
    assert prepare(gates[YSS].gateway, gates, memory).moved
    assert (len(world.stages()), world.waiting().count(NOT_YET)) == (AT_A_TIME, 1)
    assert "pupils.csv.release" in world.waiting(CENSUS)
    world.sign_both(name="000.csv")
    prepare(gates[YSS].gateway, gates, memory)
    assert (len(world.stages()), world.stages().count(Stage.SEALED)) == (count, 1)


@pytest.mark.parametrize(
    ("sizes", "is_spent"), [((0,) * 31, False), ((0,) * 32, True), ((31 * LARGE,), True), ((LARGE,), False)]
)
def test_a_large_file_counts_as_many(sizes, is_spent):
    effort = Effort()
    for size in sizes:
        effort.spend(size)
    assert effort.is_spent is is_spent
