"""What comes between two steps of something else: a hold while an extract is judged, or while a delivery has failed."""

import csv
import io
import threading
from dataclasses import replace

from gateway.demo.council import DOMAIN
from gateway.footing import mailbox
from gateway.footing.telemetry import Telemetry
from gateway.receipts.receipt import Receipt
from gateway.service.wiring import gates_of
from gateway.story.minimising import holds_in_force, rules_in_force
from gateway.story.prepare import prepare
from gateway.story.revoking import revoke_overtaken
from gateway.story.seen import Memory
from gateway.vocabulary.errors import GatewayError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS
from tests.end_to_end.test_endings import removals
from tests.end_to_end.test_withdrawal import rounds, taken_back, upn_of


def one_round(world, *meanwhile):
    """A round of prepare in which something happens each time that an extract's rules have just been read."""
    rest = list(meanwhile)

    def random(size):
        if size == 32 and rest:
            rest.pop(0)()
        return b"\7" * size

    with world.opened() as gateway:
        busy = replace(gateway, random=random)
        prepare(busy, gates_of(busy, world.council.configuration, world.clock()), Memory())
    assert not rest


def released(world):
    """A child of whom the route's next parcel would tell."""
    return world.people.children[0].fields["upn"]


def test_a_hold_that_comes_while_the_extract_is_judged_counts_before_anything_may_leave(world):
    world.approved()
    one_round(world, lambda: world.hold({"upn": released(world)}))
    (transfer,) = world.transfers()
    posted = world.council.configuration.workspace.to_deliver / transfer
    with world.opened() as gateway:
        sealed = gateway.log.last(transfer, Stage.SEALED)
        judged_by = sealed.receipt.facts["holds"] if sealed else None
        now = str(holds_in_force(gateway))
    assert posted.exists()
    assert judged_by == now


def test_an_extract_that_is_overtaken_again_and_again_leaves_the_others_their_turn(world):
    world.approved()
    one_round(world, *(lambda upn=child.fields["upn"]: world.hold({"upn": upn}) for child in world.people.children[:4]))
    assert world.stages() == [Stage.APPROVED]
    world.run()
    assert world.stages() == [Stage.DELIVERED]


def test_a_decision_for_another_purpose_has_nothing_judged_anew(world):
    world.approved()
    one_round(world, lambda: world.record(refused(released(world), purpose="school-census")))
    (transfer,) = world.transfers()
    world.run("prepare")
    assert world.ladder(transfer).count("sealed") == 1
    assert world.stages() == [Stage.SEALED]


def test_a_hold_that_comes_while_a_delivery_has_failed_takes_the_parcel_back(world, type_in):
    world.approved()
    inbox = world.partners[YSS].files / "inbox"
    inbox.rename(inbox.with_name("away"))
    world.run()
    (transfer,) = world.transfers()
    assert world.stages() == [Stage.FAILED]
    world.hold({"upn": released(world)})
    (inbox.with_name("away")).rename(inbox)
    assert type_in("retry", transfer).code == 0
    world.clock.turn(minutes=1)
    world.run("deliver")
    assert world.inbox() == []
    world.run()
    (received,) = world.partners[YSS].receive(world.clock())
    assert received.result == "accepted"
    with world.opened() as gateway:
        assert world.facts(transfer, Stage.SEALED)["holds"] == str(holds_in_force(gateway))


def gate_of(world, gateway):
    return gates_of(gateway, world.council.configuration, world.clock())[YSS]


def received_unreported(world):
    """What the partner has, and nobody has said so yet: a parcel is taken back in vain, and turns out to be delivered."""
    world.approved()
    world.run("prepare")
    world.run("deliver")
    world.partners[YSS].receive(world.clock())
    (received,) = world.partners[YSS].received
    return received


def test_a_hold_that_comes_when_the_partner_has_the_parcel_already_takes_the_child_back(world):
    received = received_unreported(world)
    row, (first,) = rows_of(received)[3], world.transfers()
    world.hold({"upn": upn_of(world, row)})
    rounds(world)
    rounds(world)
    assert "revoked" in world.ladder(first)
    assert "delivered" in world.ladder(first)
    assert removals(world) == [{"Reference": row["Reference"], "Remove": "whole"}]


def answered_before_it_is_called_delivered(world):
    """Deliver has told both while prepare stood still, and a clock that was set back has put them in the other order."""
    received = received_unreported(world)
    world.run("deliver")
    told = [path.name.split("-")[-1] for path in mailbox.reports(world.council.configuration.workspace.from_deliver)]
    assert told == ["answered.json", "delivered.json"]
    return received


def test_the_answer_to_a_parcel_that_was_taken_back_in_vain_counts_and_the_child_is_taken_back(world):
    received = answered_before_it_is_called_delivered(world)
    row, (first,) = rows_of(received)[3], world.transfers()
    world.hold({"upn": upn_of(world, row)})
    assert world.stages() == [Stage.REVOKED]
    rounds(world)
    assert world.ladder(first)[3:] == ["sealed", "revoked", "acknowledged"]
    rounds(world)
    assert removals(world) == [{"Reference": row["Reference"], "Remove": "whole"}]


def test_an_answer_to_another_envelope_than_the_last_one_sealed_counts_for_nothing(world):
    """Taken back, and made anew before the answer is read: what is on its way now is another parcel."""
    answered_before_it_is_called_delivered(world)
    workspace = world.council.configuration.workspace
    kept = {path: path.read_bytes() for path in workspace.from_deliver.iterdir()}
    for path in kept:
        path.unlink()
    (first,) = world.transfers()
    with world.opened() as gateway:
        mailbox.close_order(workspace.to_deliver, first)
        gateway.log.append(Receipt.of_stage(Stage.REVOKED, transfer=first, route=YSS, at=world.clock(), facts=Facts()))
    world.run("prepare")
    assert world.ladder(first)[-2:] == ["revoked", "sealed"]
    for path, content in kept.items():
        path.write_bytes(content)
    world.run("prepare")
    assert "answer-rejected" in world.ladder(first)
    assert "acknowledged" not in world.ladder(first)


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_a_refusal_that_comes_when_the_partner_has_the_parcel_already_takes_back_what_it_closes(world):
    received = received_unreported(world)
    row = next(row for row in rows_of(received) if row["Telephone"])
    world.record(refused(upn_of(world, row)))
    rounds(world)
    rounds(world)
    (removal,) = removals(world)
    assert removal["Reference"] == row["Reference"]
    assert "Telephone" in removal["Remove"].split()


def refused(upn, purpose="youth-support"):
    """An import by the young person."""
    header = "upn,purpose,decided_by,decision,tiers,given,expires,notice,evidence"
    return f"{header}\n{upn},{purpose},young-person,refuse,,2026-11-24,,,\n".encode()


def test_a_child_who_is_withdrawn_while_a_parcel_is_on_its_way_is_taken_back_behind_it(world):
    world.approved()
    world.run("prepare")
    child = {"upn": released(world)}
    prepared = taken_back(world, child)
    assert len(prepared) == 1
    rounds(world)
    rounds(world)
    assert len(removals(world)) == 1


def test_two_who_take_the_same_parcel_back_at_once_both_come_to_their_end(world):
    """A hold is recorded at the desk while a round looks what was overtaken."""
    for name, cut in (("first.csv", 0), ("second.csv", 1)):
        rows = world.extract().splitlines(keepends=True)
        world.drop(b"".join(rows[: len(rows) - cut]), name=name)
    world.run("prepare")
    for name in ("first.csv", "second.csv"):
        world.sign_both(name=name)
    world.run("prepare")
    assert world.stages() == [Stage.SEALED] * 2
    rest = [lambda: world.hold({"upn": released(world)})]

    class Log:
        """Somebody else is quicker when the first of both is told of."""

        def write(self, _text):
            if rest:
                rest.pop()()

        def flush(self):
            pass

    with world.opened() as gateway:
        slow = replace(gateway, telemetry=Telemetry(Log(), world.clock))
        revoke_overtaken(slow, {}, world.clock())
    assert world.stages() == [Stage.REVOKED] * 2


def test_one_snapshot_of_the_register_is_written_by_several_at_once(world):
    with world.opened() as gateway:
        gate = gate_of(world, gateway)
        for path in gateway.workspace.register_snapshot("x").parent.iterdir():
            path.unlink()
        found, together = [], threading.Barrier(6)

        def look():
            together.wait()
            try:
                found.append(rules_in_force(gate, world.clock())[1])
            except GatewayError as error:
                found.append(error)

        threads = [threading.Thread(target=look) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [found[0]] * 6
        assert not isinstance(found[0], Exception)


def test_a_report_about_a_parcel_that_was_made_anew_since_stops_nothing(world):
    """As by a machine that was frozen while it said so."""
    world.approved()
    world.run("prepare")
    world.clock.turn(hours=6)
    world.run("deliver")
    workspace = world.council.configuration.workspace
    late = {path.name: path.read_bytes() for path in workspace.from_deliver.iterdir()}
    assert any("lapsed" in name for name in late)
    world.run("prepare")
    assert world.stages() == [Stage.SEALED]
    for name, content in late.items():
        (workspace.from_deliver / name).write_bytes(content)
    world.run("prepare")
    (transfer,) = world.transfers()
    assert world.ladder(transfer).count("revoked") == 1
    assert world.ladder(transfer).count("sealed") == 2
    world.run()
    assert world.stages() == [Stage.DELIVERED]


def test_who_says_delivered_of_what_was_never_sealed_takes_nothing_away(world):
    """Deliver, taken over, may lie about parcels; an extract that waits is none."""
    world.approved()
    configuration = world.council.configuration
    workspace = configuration.workspace
    blocked = workspace.disclosures(f"{world.transfers()[0]}.parquet")
    blocked.mkdir()  # the disk says no after the claim: the transfer stands at approved
    assert world.run("prepare").faults
    assert world.stages() == [Stage.APPROVED]
    (transfer,) = world.transfers()
    seen = mailbox.Observation(
        transfer=transfer,
        outcome="delivered",
        at=world.clock(),
        facts=Facts(verified_by="read-back"),
    )
    mailbox.report(
        workspace.from_deliver, seen, key=configuration.deliver_keys.signing_key("observation"), domain=DOMAIN
    )
    blocked.rmdir()
    world.run("prepare")
    assert world.stages() == [Stage.SEALED]
