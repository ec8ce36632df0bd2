"""The partner's number for a child stays, whatever number the child has: over a real server."""

import csv
import io

from gateway.demo import tables
from gateway.demo.numbers import upn
from tests.end_to_end.conftest import YSS


def hand_over(world, children, name):
    """What the partner received of it, by name and birthday; what it was told to remove is beside it."""
    before = set(world.partners[YSS].received)
    world.clock.turn(minutes=5)
    world.drop(tables.extract(children, world.council.schema(YSS)), name=name)
    world.run("prepare")
    world.sign_both(name=name)
    world.run()
    world.partners[YSS].receive(world.clock())
    world.run()
    (received,) = (path for path in set(world.partners[YSS].received) - before if "removal" not in path.name)
    rows = csv.DictReader(io.StringIO(received.read_text("utf-8")))
    return {(row["Forename"], row["Surname"], row["DateOfBirth"]): row for row in rows}


def called(child):
    return tuple(child.fields[field] for field in ("forename", "surname", "date_of_birth"))


def test_a_changed_upn_changes_neither_the_reference_nor_what_was_decided(world):
    children = list(world.people.children)
    first = hand_over(world, children, "first.csv")
    place, child = next(
        (place, child) for place, child in enumerate(children) if first.get(called(child), {}).get("Mobile")
    )
    changed = child.but("another-upn", upn=upn(9_876, 2031), former_upn=child.fields["upn"])
    second = hand_over(world, [*children[:place], changed, *children[place + 1 :]], "second.csv")
    assert second[called(child)] == first[called(child)]
    later = changed.but("later", former_upn="")  # the link stays when extracts no longer tell of it
    third = hand_over(world, [*children[:place], later, *children[place + 1 :]][::-1], "third.csv")
    assert third[called(child)] == first[called(child)]


def test_the_log_tells_that_pseudonyms_were_linked_and_not_whose(world):
    children = list(world.people.children)
    first = hand_over(world, children, "first.csv")
    place, child = next((p, c) for p, c in enumerate(children) if called(c) in first)
    changed = child.but("another-upn", upn=upn(9_876, 2031), former_upn=child.fields["upn"])
    hand_over(world, [*children[:place], changed, *children[place + 1 :]], "second.csv")
    with world.opened() as gateway:
        entries = gateway.log.entries(kinds=("subjects-linked",))
    assert dict(entries[0].receipt.facts) == {"count": 1}
