"""A child is one child, whatever number it has: its reference stays, and so does what was decided. Over a real server."""

import csv
import io

from gateway.demo import tables
from gateway.demo.numbers import upn
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS


def approve(world, children, name):
    """Dropped, stated and signed."""
    world.clock.turn(minutes=5)
    world.drop(tables.extract(children, world.council.schema(YSS)), name=name)
    world.run("prepare")
    world.sign_both(name=name)


def hand_over(world, children, name):
    """What the partner received of it, by name and birthday; what it was told to remove is beside it."""
    approve(world, children, name)
    return received_next(world)


def received_next(world):
    before = set(world.partners[YSS].received)
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


def somebody(children, received):
    """Where a child of whom more than the floor was given stands, the child, and the same one under a new UPN."""
    place, child = next(
        (place, child) for place, child in enumerate(children) if received.get(called(child), {}).get("Mobile")
    )
    return place, child, child.but("another-upn", upn=upn(9_876, 2031))


def instead(children, place, child):
    return [*children[:place], child, *children[place + 1 :]]


def test_a_hold_on_a_former_upn_holds_the_child_though_the_extract_does_not_tell_it_again(world):
    children = list(world.people.children)
    place, child, later = somebody(children, hand_over(world, children, "first.csv"))
    told = later.but("told", former_upn=child.fields["upn"])
    assert called(child) in hand_over(world, instead(children, place, told), "second.csv")
    world.hold({"upn": child.fields["upn"]})
    assert called(child) not in hand_over(world, instead(children, place, later)[::-1], "third.csv")


def test_what_was_sealed_before_two_upns_were_known_to_be_one_child_is_judged_anew(world):
    """A parent has refused under one, and consented under the other."""
    children = list(world.people.children)
    place, child, later = somebody(children, hand_over(world, children, "first.csv"))
    header = "upn,purpose,decided_by,decision,tiers,given,expires,notice,evidence"
    refused = f"{child.fields['upn']},youth-support,parent,refuse,,2026-11-24,,,"
    consents = [
        f"{later.fields['upn']},youth-support,{by},consent,consented,2026-11-24,,PN-1,F-1"
        for by in ("parent", "young-person")
    ]
    world.record("\n".join([header, refused, *consents, ""]).encode())
    approve(world, instead(children, place, later), "second.csv")
    world.run("prepare")
    assert world.stages()[-1] is Stage.SEALED
    told = later.but("told", former_upn=child.fields["upn"])
    world.clock.turn(minutes=5)
    world.drop(tables.extract(instead(children, place, told), world.council.schema(YSS)), name="third.csv")
    world.run("prepare")
    assert not received_next(world)[called(child)]["Mobile"]
