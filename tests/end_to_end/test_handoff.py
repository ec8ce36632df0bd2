"""From a file in a folder to a signed acknowledgement, against real servers."""

import csv
import subprocess

from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS

RUNGS = ["waiting", "arrived", "approved", "sealed", "delivered", "acknowledged"]


def rows_of(partner) -> list[dict[str, str]]:
    (path,) = partner.received
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_handoff_climbs_every_rung_and_no_other(world):
    world.drop()
    world.run()
    assert world.stages() == [Stage.WAITING]
    world.sign_both()
    world.run()
    assert world.stages() == [Stage.DELIVERED]
    (received,) = world.partners[YSS].receive(world.clock())
    assert received.result == "accepted"
    world.run()
    (transfer,) = world.transfers()
    assert world.ladder(transfer) == RUNGS
    assert received.rows == world.facts(transfer, Stage.SEALED)["released"] == len(rows_of(world.partners[YSS]))


def test_each_child_gets_what_the_rules_give_and_no_other_child_is_there(world):
    world.approved()
    world.run()
    world.partners[YSS].receive(world.clock())
    schema, policy = world.council.schema(YSS), world.council.configuration.route(YSS).policy
    header = {column.field: column.header for column in policy.output}
    found = {
        (row[header["forename"]], row[header["surname"]], row[header["postcode"]]): row
        for row in rows_of(world.partners[YSS])
    }
    expected = {
        (child.fields["forename"], child.fields["surname"], child.fields["postcode"]): child
        for child in world.people.children
        if child.outcome in ("floor", "consented", "special")
    }
    assert found.keys() == expected.keys()
    for key, child in expected.items():
        for field in policy.consented_fields & set(header):
            given = child.fields.get(field, "") if schema.column(field) else ""
            wanted = given if child.outcome in ("consented", "special") else ""
            assert found[key][header[field]] == wanted, (child.situation, field)
        for field in policy.special_fields & set(header):
            wanted = child.fields.get(field, "") if child.outcome == "special" else ""
            assert found[key][header[field]] == wanted, (child.situation, field)


def test_the_statutory_return_leaves_whole_to_the_other_partner(world):
    world.approved(route=CENSUS)
    world.run()
    world.partners[CENSUS].receive(world.clock())
    world.run()
    assert world.stages(CENSUS) == [Stage.ACKNOWLEDGED]
    assert len(rows_of(world.partners[CENSUS])) == len(world.people.fit_for_a_return())


def test_two_people_can_sign_with_nothing_but_ssh_keygen(world, stock_tool, tmp_path):
    keygen, folder = stock_tool("ssh-keygen"), world.council.drop_folder(YSS)
    world.drop()
    world.run("prepare")
    lines = [line.strip() for line in world.waiting().splitlines() if line.strip().startswith("sh ")]
    assert len(lines) == 2
    for line, (role, key) in zip(lines, world.council.people.items(), strict=True):
        private = tmp_path / f"{role}.key"
        private.write_bytes(key.openssh_private())
        private.chmod(0o600)
        typed = line.removeprefix("sh").strip().replace("KEY", str(private)).replace("ssh-keygen", keygen)
        subprocess.run(["sh", "-c", typed], cwd=folder, check=True, capture_output=True)  # as waiting.txt says it
    world.run()
    assert world.stages() == [Stage.DELIVERED]
    assert sorted(path.name for path in folder.iterdir()) == ["outcomes", "refused", "waiting.txt"]


def test_when_it_is_over_nothing_of_the_extract_is_left_on_our_side(world):
    world.approved()
    world.run()
    state = world.council.configuration.workspace.state
    left = [path for path in state.rglob("*") if path.is_file() and path.stat().st_size]
    surname = next(c.fields["surname"] for c in world.people.children if c.outcome == "floor").encode()
    assert not [path.name for path in left if surname in path.read_bytes()]
    assert not list((state / "prepare" / "arrivals").iterdir())
    assert not list((state / "prepare" / "sealing").iterdir())
    assert not list((state / "prepare" / "stating").iterdir())


def test_the_log_verifies_and_its_partner_has_cosigned_it(world):
    world.approved()
    world.run()
    world.partners[YSS].receive(world.clock())
    world.run()
    with world.opened() as gateway:
        gateway.log.check_witnesses()
        cosigned = gateway.log.last_cosigned(world.partners[YSS].name)
        assert cosigned is not None
        assert 0 < cosigned <= gateway.log.latest().checkpoint.size


def test_a_second_handoff_takes_the_next_number(world):
    for name, cut in (("first.csv", 0), ("second.csv", 1)):
        lines = world.extract().splitlines(keepends=True)
        world.drop(b"".join(lines[: len(lines) - cut]), name=name)
        world.run("prepare")
        world.sign_both(name=name)
        world.run()
        (received,) = world.partners[YSS].receive(world.clock())
        assert received.result == "accepted"
        world.run()
        world.clock.turn(minutes=1)
    first, second = world.transfers()
    assert [world.facts(t, Stage.SEALED)["sequence"] for t in (first, second)] == [1, 2]
    assert world.stages() == [Stage.ACKNOWLEDGED] * 2


def test_a_number_whose_parcel_never_left_is_given_again(world):
    world.approved()
    world.run("prepare")
    (first,) = world.transfers()
    assert world.facts(first, Stage.SEALED)["sequence"] == 1
    register = ["upn,purpose,decided_by,decision,tiers,given,expires,notice,evidence"]
    register += [
        f"{child.fields['upn']},youth-support,{decider},object,,2026-11-24,,PN-1,FORM-1"
        for child in world.people.children
        if child.outcome in ("floor", "consented", "special")
        for decider in ("parent", "young-person")
    ]
    world.record(("\n".join(register) + "\n").encode())
    world.run()
    assert world.stages() == [Stage.REFUSED], "everybody objected: there is nothing to release any more"
    world.record("\n".join(line.replace(",object,", ",lift-objection,") for line in [*register, ""]).encode())
    world.drop(b"".join(world.extract().splitlines(keepends=True)[:-1]), name="next.csv")
    world.run("prepare")
    world.sign_both(name="next.csv")
    world.run()
    (received,) = world.partners[YSS].receive(world.clock())
    assert received.result == "accepted"
    assert world.facts(received.transfer, Stage.SEALED)["sequence"] == 1


def test_a_routes_next_parcel_is_sealed_ahead_and_arrives_behind_the_first(world):
    lines = world.extract().splitlines(keepends=True)
    for name, cut in (("first.csv", 0), ("second.csv", 1)):
        world.drop(b"".join(lines[: len(lines) - cut]), name=name)
    world.run("prepare")
    for name in ("first.csv", "second.csv"):
        world.sign_both(name=name)
    world.run("prepare")
    assert world.stages() == [Stage.SEALED] * 2
    world.run()
    assert world.stages() == [Stage.DELIVERED] * 2
    assert [received.result for received in world.partners[YSS].receive(world.clock())] == ["accepted"] * 2
