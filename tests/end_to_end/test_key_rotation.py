"""Secrets are rotated, and nothing that was recorded with them is lost: over a real server."""

import json
import re
from datetime import timedelta

import pytest

from gateway.footing.ledger import pseudonyms
from gateway.minimise.identifiers import reference, subject
from gateway.story.gate import REGISTER
from gateway.story.register.holding import add_hold
from gateway.story.rotating import rotate_secret
from gateway.vocabulary.errors import KeyUnavailable, LogBroken, StorageError, UsageError
from tests.end_to_end.conftest import YSS
from tests.end_to_end.office import Office
from tests.end_to_end.test_subjects import called, hand_over

REFERENCE_OF = "reference-{}"


@pytest.fixture
def office(world, tmp_path):
    return Office(world, tmp_path)


def partner(world):
    with world.opened() as gateway:
        return next(gates.route.partner.partner for gates in _gates(world, gateway).values() if gates.name == YSS)


def _gates(world, gateway):
    from gateway.service.wiring import gates_of

    return gates_of(gateway, world.council.configuration, world.clock())


def rotated(office, role):
    world = office.world
    world.clock.turn(minutes=1)
    spoken = office.type_in("keys", "rotate", role)
    assert spoken.code == 0, spoken.err
    return spoken.out


def stored(world):
    """Every pseudonym in the ledger, column by column."""
    with world.opened() as gateway, gateway.ledger.reading() as tx:
        from sqlalchemy import select

        return {str(c): {bytes(p) for p in tx.execute(select(c)).scalars()} for c in pseudonyms.columns()}


def test_the_register_s_key_is_rotated_and_every_child_is_known_as_before(office, world):
    children = list(world.people.children)
    first, before = hand_over(world, children, "first.csv"), stored(world)
    assert "generation 2" in rotated(office, REGISTER)
    after = stored(world)
    assert {name: len(found) for name, found in after.items()} == {name: len(found) for name, found in before.items()}
    assert not set().union(*before.values()) & set().union(*after.values())
    second = hand_over(world, children[::-1], "second.csv")
    assert second == first  # the same children, references and consents; the same held and objecting ones left out


def test_two_rotations_and_a_changed_upn_between_them_leave_the_reference_as_it_was(office, world):
    from gateway.demo.numbers import upn

    children = list(world.people.children)
    first = hand_over(world, children, "first.csv")
    rotated(office, REGISTER)
    place, child = next((p, c) for p, c in enumerate(children) if first.get(called(c), {}).get("Mobile"))
    changed = child.but("another-upn", upn=upn(9_876, 2031), former_upn=child.fields["upn"])
    second = hand_over(world, [*children[:place], changed, *children[place + 1 :]], "second.csv")
    assert second == first
    rotated(office, REGISTER)
    later = changed.but("later", former_upn="")
    third = hand_over(world, [*children[:place], later, *children[place + 1 :]][::-1], "third.csv")
    assert third == first


def test_disclosures_from_before_and_after_are_found_by_the_same_child(office, world):
    children = list(world.people.children)
    first = hand_over(world, children, "first.csv")
    rotated(office, REGISTER)
    hand_over(world, children[::-1], "second.csv")
    child = next(child for child in children if called(child) in first)
    found = json.loads(office.type_in("disclosures", "--json", stdin=f"upn: {child.fields['upn']}\n").out)
    assert len({one["transfer"] for one in found}) == 2
    assert found[0]["released"] == found[1]["released"] != []


def test_a_recall_of_what_left_before_names_the_children_as_the_partner_knows_them(office, world):
    first = hand_over(world, list(world.people.children), "first.csv")
    (transfer,) = world.transfers()
    rotated(office, REGISTER)
    assert office.type_in("recall", transfer, "--reason", "wrong-file").code == 0
    with world.opened() as gateway:
        (removal,) = set(world.transfers()) - {transfer}
        listed = (gateway.workspace.arrival(removal) / "removal").read_text().splitlines()[1:]
    assert {line.split(",")[0] for line in listed} == {row["Reference"] for row in first.values()}


def test_the_brake_counts_nobody_as_gone_whose_pseudonym_has_changed(office, world):
    children = list(world.people.children)
    hand_over(world, children, "first.csv")
    rotated(office, REGISTER)
    world.clock.turn(minutes=5)
    from gateway.demo import tables

    world.drop(tables.extract(children[::-1], world.council.schema(YSS)), name="second.csv")
    world.run("prepare")
    statement = (world.council.drop_folder(YSS) / "second.csv.release").read_text()
    assert not re.search(r"beyond-limits:.*removals", statement)


def test_a_partner_s_references_stay_and_only_new_children_get_one_under_the_new_key(office, world):
    children, role = list(world.people.children), REFERENCE_OF.format(partner(world))
    newcomer = next(c for c in children if c.fields["upn"] and called(c) in hand_over(world, children, "whole.csv"))
    place = children.index(newcomer)
    assert "generation 2" in rotated(office, role)
    fresh = newcomer.but("fresh", upn=_unused_upn(), forename="Ottilie")
    second = hand_over(world, [*children[:place], fresh, *children[place + 1 :]], "second.csv")
    with world.opened() as gateway:
        old, new = gateway.generations(role)
        by_key = [reference(subject(fresh.fields["upn"], key=gateway.register_key), key=key) for key in (old, new)]
    assert second[called(fresh)]["Reference"] == by_key[1] != by_key[0]


def _unused_upn():
    from gateway.demo.numbers import upn

    return upn(9_877, 2031)


def test_references_stay_through_rotations_of_both_keys_in_any_order(office, world):
    children, role = list(world.people.children), REFERENCE_OF.format(partner(world))
    first = hand_over(world, children, "first.csv")
    for name in (role, REGISTER, role, REGISTER):
        rotated(office, name)
    assert hand_over(world, children[::-1], "second.csv") == first
    kept = [dict(receipt.facts) for receipt in office.receipts("references-kept")]
    assert {facts["count"] for facts in kept if facts["partner"] == partner(world)} == {len(first)}


def test_a_file_that_was_handed_over_is_recognised_after_the_digests_key_was_rotated(office, world):
    hand_over(world, list(world.people.children), "first.csv")
    rotated(office, "digest")
    world.clock.turn(minutes=5)
    world.drop(name="again.csv")
    world.run("prepare")
    assert any("dropped before" in note for note in world.refused().values())


# a crash, a backup, a race


def test_a_key_that_is_there_and_not_in_force_changes_nothing(office, world):
    children = list(world.people.children)
    first = hand_over(world, children, "first.csv")
    with world.opened() as gateway:
        key = gateway.register_key
        gateway.keys.add_generation(REGISTER)
        assert gateway.register_key == key
    assert hand_over(world, children[::-1], "second.csv") == first
    rotated(office, REGISTER)
    with world.opened() as gateway:
        assert len(gateway.keys.generations(REGISTER)) == len(gateway.generations(REGISTER)) == 2


def test_a_rotation_that_fails_within_its_commit_leaves_everything_as_it_was(world):
    hand_over(world, list(world.people.children), "first.csv")
    before = stored(world)
    with world.opened() as gateway:
        gateway.keys.add_generation(REGISTER)
        late = world.clock.at
        world.clock.at = late - timedelta(days=2)  # the receipt is refused after all is rewritten
        with pytest.raises(Exception, match="clock"):
            rotate_secret(gateway, REGISTER, uid=0)
        world.clock.at = late
        assert gateway.kept_references(partner(world)) is None  # the file is there, and nobody's
    assert stored(world) == before
    with world.opened() as gateway:
        assert rotate_secret(gateway, REGISTER, uid=0) == 2


def test_while_disclosures_are_not_what_was_receipted_nothing_is_rotated(world):
    hand_over(world, list(world.people.children), "first.csv")
    before = stored(world)
    with world.opened() as gateway:
        (path,) = gateway.workspace.disclosures("x").parent.glob("[0-9]*.parquet")
        path.write_bytes(path.read_bytes() + b"\0")
        gateway.keys.add_generation(REGISTER)
        with pytest.raises(LogBroken, match="disclosures"):
            rotate_secret(gateway, REGISTER, uid=0)
        assert len(gateway.generations(REGISTER)) == 1
    assert stored(world) == before


def test_a_key_from_an_older_backup_is_refused(office, world):
    path = world.council.configuration.prepare_keys.folder / "register.key"
    old = path.read_bytes()
    rotated(office, REGISTER)
    path.write_bytes(old)
    with world.opened() as gateway, pytest.raises(KeyUnavailable, match="has been rotated since"):
        _ = gateway.register_key


def test_nobody_s_pseudonym_is_recorded_under_a_key_that_was_followed_meanwhile(world):
    with world.opened() as gateway:
        key = gateway.register_key
        gateway.keys.add_generation(REGISTER)
        rotate_secret(gateway, REGISTER, uid=0)
        with pytest.raises(StorageError, match="rotated meanwhile"), gateway.ledger.writing() as tx:
            gateway.check_register_key(tx, key)
        with gateway.ledger.writing() as tx:
            gateway.check_register_key(tx, gateway.register_key)


def test_a_hold_from_before_the_rotation_is_lifted_and_one_from_after_it_holds(office, world):
    children = list(world.people.children)
    first = hand_over(world, children, "first.csv")
    rotated(office, REGISTER)
    child = next(c for c in children if c.fields["upn"] and called(c) in first)
    with world.opened() as gateway:
        add_hold(gateway, {}, {"upn": child.fields["upn"]}, reason="refuge", uid=0)
    second = hand_over(world, children[::-1], "second.csv")
    assert called(child) not in second
    assert len(second) == len(first) - 1


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"spoiled")])
def test_without_the_references_that_a_partner_keeps_nothing_is_released(office, world, spoil):
    hand_over(world, list(world.people.children), "first.csv")
    rotated(office, REGISTER)
    with world.opened() as gateway:
        spoil(gateway.kept_references(partner(world)))
        with pytest.raises((StorageError, LogBroken), match="references that a partner keeps"):
            gateway.kept_references(partner(world))


def test_nothing_is_rotated_without_a_key_that_follows(world):
    with world.opened() as gateway, pytest.raises(UsageError, match="no key follows"):
        rotate_secret(gateway, REGISTER, uid=0)


def test_the_log_tells_of_the_rotation_and_of_nobody(office, world):
    hand_over(world, list(world.people.children), "first.csv")
    rotated(office, REGISTER)
    (receipt,) = office.receipts("secret-rotated")
    assert set(receipt.facts) == {"role", "generation", "uid", "count"}
    assert office.type_in("receipts", "verify", "--every").code == 0


@pytest.mark.parametrize("role", ["register", "digest", "log", REFERENCE_OF])
def test_a_lost_key_that_stands_behind_what_is_recorded_is_not_made_anew(world, office, role):
    """Another register key would know no hold, and a child on hold would leave."""
    world.approved()
    world.run()
    name = role.format(partner(world))
    workspace = world.council.configuration.workspace
    (world.council.configuration.prepare_keys.folder / f"{name}.key").unlink()
    (workspace.public_keys / f"{name}.pub").unlink(missing_ok=True)
    spoken = office.type_in("keys", "new", name)
    assert spoken.code == 66
    assert "restore it from its backup" in spoken.err
    assert not (world.council.configuration.prepare_keys.folder / f"{name}.key").exists()
    told = office.type_in("doctor")
    assert told.code == 3
    assert f"{name}.key is missing\n      what to do: restore it from its backup" in told.out
