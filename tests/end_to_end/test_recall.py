"""What a person takes back: before it left, it does not leave; after that, the partner is told to remove everybody."""

import sqlite3
from contextlib import closing

import pytest

from gateway.deliver.attempts import Attempts
from gateway.receipts.receipt import Receipt
from gateway.receipts.verification import verify_log
from gateway.service.wiring import gates_of
from gateway.story.carrying import post
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS
from tests.end_to_end.test_changed_routes import sealed, unsealed
from tests.end_to_end.test_deliveries import staging
from tests.end_to_end.test_sequence import numbers, run, taken
from tests.end_to_end.test_withdrawal import handed_over, rounds, taken_back, upn_of

__all__ = ["handed_over", "run", "staging"]
WHY = ("--reason", "wrong-file")


def failed(world):
    """The partner's server has no folder for it."""
    world.approved()
    inbox = world.partners[YSS].files / "inbox"
    inbox.rename(inbox.with_name("away"))
    world.run()
    inbox.with_name("away").rename(inbox)
    assert world.stages() == [Stage.FAILED]


def revoked(world):
    """Taken back for another reason, and deliver has not let go of it yet."""
    sealed(world)
    world.hold({"upn": world.people.children[0].fields["upn"]})
    world.run("prepare")
    assert world.stages() == [Stage.REVOKED]


def is_not_contacted(world, since="authentication-refused"):
    """Nobody asks the partner anything more until a person has looked."""
    with closing(Attempts(world.council.configuration.deliver_store)) as attempts:
        attempts.store.write("insert into breaker values (?, 0, '', ?)", ("youth-support", since))


def the_one(world):
    (transfer,) = world.transfers()
    return transfer


def receipted_and_no_more(world, transfer):
    """The power went behind the receipt."""
    with world.opened() as gateway:
        facts = Facts(reason="wrong-file", uid=0)
        gateway.log.append(Receipt(kind="recalled", transfer=transfer, route=YSS, at=world.clock(), facts=facts))


def nothing_left(world, transfer):
    """Refused for that reason, with its extract back at its owner's, and nothing of it anywhere else."""
    assert world.ladder(transfer)[-1] == "refused"
    assert world.facts(transfer, Stage.REFUSED)["reasons"] == ("recalled",)
    assert world.inbox() == []
    folder = world.council.drop_folder(YSS) / "refused"
    assert (folder / f"{transfer}.csv").read_bytes() == world.extract()
    assert "took it back before it left" in world.refused()[f"{transfer}.txt"]
    workspace = world.council.configuration.workspace
    for place in (workspace.to_deliver, workspace.arrivals):
        assert [path.name for path in place.iterdir() if path.name != "heartbeat.json"] == []
    with world.opened() as gateway:
        verify_log(gateway.ledger, gateway.log.public, every=True)


@pytest.mark.parametrize("until", [unsealed, sealed, revoked, failed])
def test_what_has_not_left_does_not_leave_and_its_owner_has_the_extract_again(world, type_in, until):
    until(world)
    transfer = the_one(world)
    spoken = type_in("recall", transfer, *WHY)
    assert (spoken.code, f"transfer {transfer} is stopped" in spoken.out) == (0, True)
    world.run()
    world.run()
    nothing_left(world, transfer)
    assert world.facts(transfer, "recalled") == {"reason": "wrong-file", "uid": 0}
    assert str(transfer) not in type_in("todo").out


def test_it_is_stopped_at_once_and_not_at_the_next_round(world, type_in):
    sealed(world)
    transfer = the_one(world)
    assert type_in("recall", transfer, *WHY).code == 0
    assert world.stages() == [Stage.REVOKED]
    assert world.facts(transfer, Stage.REVOKED)["reason"] == "recalled"
    world.run("deliver")
    assert world.inbox() == []


@pytest.mark.parametrize("until", [unsealed, sealed])
def test_a_power_cut_behind_the_receipt_lets_nothing_out(world, until):
    until(world)
    receipted_and_no_more(world, the_one(world))
    world.run()
    world.run()
    nothing_left(world, the_one(world))


def test_what_is_recalled_while_it_is_being_sealed_is_not_handed_to_deliver(world):
    sealed(world)
    transfer = the_one(world)
    workspace = world.council.configuration.workspace
    (workspace.to_deliver / transfer).rename(workspace.sealing(transfer))  # as it lies before it is posted
    receipted_and_no_more(world, transfer)
    with world.opened() as gateway:
        post(gates_of(gateway, world.council.configuration, world.clock())[YSS], transfer)
    assert not (workspace.to_deliver / transfer).exists()
    world.run()
    world.run()
    nothing_left(world, transfer)


def test_a_recall_is_receipted_once_however_often_it_is_said(world, type_in):
    sealed(world)
    transfer = the_one(world)
    for _ in range(2):
        assert type_in("recall", transfer, *WHY).code == 0
    world.run()
    assert world.ladder(transfer).count("recalled") == 1
    assert type_in("recall", transfer, *WHY).code == 2, "it has ended"


def test_a_failed_one_whose_recall_was_broken_off_is_stopped_when_it_is_said_again(world, type_in):
    failed(world)
    transfer = the_one(world)
    receipted_and_no_more(world, transfer)
    world.run()
    assert world.stages() == [Stage.FAILED], "nothing of it leaves, and a person looks"
    assert world.inbox() == []
    assert type_in("recall", transfer, *WHY).code == 0
    world.run()
    world.run()
    nothing_left(world, transfer)


def test_a_failed_one_that_was_recalled_is_not_sent_by_a_retry(world, type_in):
    failed(world)
    transfer = the_one(world)
    receipted_and_no_more(world, transfer)
    world.run("prepare")
    assert type_in("retry", transfer).code == 0
    world.run()
    world.run()
    nothing_left(world, transfer)


def test_a_partner_who_is_not_contacted_any_more_keeps_nothing_from_being_stopped(world, type_in):
    """Its host key has changed: only a person sets that going again, and nobody has to, for this."""
    sealed(world)
    transfer = the_one(world)
    is_not_contacted(world, since="host-key-mismatch")
    world.run()
    assert world.stages() == [Stage.FAILED]
    assert type_in("recall", transfer, *WHY).code == 0
    world.run()
    world.run()
    nothing_left(world, transfer)
    with closing(Attempts(world.council.configuration.deliver_store)) as attempts:
        stopped = attempts.store.rows("select stopped from breaker where partner = 'youth-support'")
    assert stopped == [("host-key-mismatch",)], "that somebody stops a parcel mends nothing"


def intent_recorded(world):
    """The last try came as far as its rename, and nobody knows what became of that."""
    with closing(sqlite3.connect(world.council.configuration.workspace.attempts)) as store, store:
        store.execute("update attempt set intent = 1")


def test_where_a_rename_may_have_happened_deliver_looks_once_and_not_for_ever(world, type_in):
    failed(world)
    transfer = the_one(world)
    intent_recorded(world)
    is_not_contacted(world)
    assert type_in("recall", transfer, *WHY).code == 0
    before = world.log.getvalue().count("delivery-failed")
    world.run()
    assert world.log.getvalue().count("delivery-failed") == before + 1
    assert world.stages() == [Stage.FAILED]
    assert type_in("retry", transfer).code == 0
    world.run()
    assert world.ladder(transfer)[-1] == "in-doubt", "it was looked at, and nobody can tell"
    assert len(world.transfers()) == 2, "so the partner is told to remove them"


def test_a_retry_mends_although_what_failed_has_been_overtaken_meanwhile(world, type_in):
    """At midnight at the latest: the day is part of what it was judged by."""
    sealed(world)
    is_not_contacted(world)
    world.run()
    world.hold({"upn": world.people.children[0].fields["upn"]})
    world.run()
    assert world.stages() == [Stage.FAILED]
    assert type_in("retry", the_one(world)).code == 0
    world.run()
    world.run()
    assert world.stages() == [Stage.DELIVERED]


def test_those_behind_it_go_on_with_the_numbers_that_are_free(run, type_in):
    order, _ = numbers(run)
    assert type_in("recall", order[0], *WHY).code == 0
    run.run()
    run.clock.turn(minutes=1)
    run.run()
    run.run()
    assert sorted(run.stages()) == [Stage.DELIVERED, Stage.DELIVERED, Stage.REFUSED]
    assert [result for result, _ in taken(run)] == ["accepted", "accepted"]


def test_the_same_file_may_be_dropped_again_and_leaves_when_it_is_signed_again(world, type_in):
    sealed(world)
    assert type_in("recall", the_one(world), *WHY).code == 0
    world.run()
    world.run()
    world.approved()
    world.run()
    assert sorted(world.stages()) == [Stage.DELIVERED, Stage.REFUSED]
    assert [one.result for one in world.partners[YSS].receive(world.clock())] == ["accepted"]


def test_what_deliver_could_not_deliver_before_it_was_recalled_is_stopped_too(world, type_in):
    """Prepare has not read yet that it failed."""
    sealed(world)
    inbox = world.partners[YSS].files / "inbox"
    inbox.rename(inbox.with_name("away"))
    world.run("deliver")
    inbox.with_name("away").rename(inbox)
    assert type_in("recall", the_one(world), *WHY).code == 0
    for _ in range(3):
        world.run()
    nothing_left(world, the_one(world))


def test_a_removal_that_cannot_be_delivered_is_given_up_and_its_number_is_the_next_ones(world, handed_over, type_in):
    _, rows = handed_over
    (removal,) = taken_back(world, {"upn": upn_of(world, rows[1])})
    inbox = world.partners[YSS].files / "inbox"
    inbox.rename(inbox.with_name("away"))
    world.run()
    inbox.with_name("away").rename(inbox)
    assert world.ladder(removal.transfer)[-1] == "failed"
    spoken = type_in("recall", removal.transfer, "--reason", "told-by-telephone")
    assert (spoken.code, "is given up" in spoken.out) == (0, True)
    assert f"  {rows[1]['Reference']}  whole" in spoken.out, "or nobody could tell them"
    for _ in range(3):
        world.run()
    assert world.ladder(removal.transfer)[-1] == "refused"
    assert not world.council.configuration.workspace.arrival(removal.transfer).exists()
    (again,) = taken_back(world, {"upn": upn_of(world, rows[2])})
    rounds(world)
    assert world.ladder(again.transfer)[-1] == "acknowledged"


@pytest.mark.parametrize("until", ["withdrawn", "sealed"])
def test_a_removal_cannot_be_recalled(world, handed_over, type_in, until):
    _, rows = handed_over
    (removal,) = taken_back(world, {"upn": upn_of(world, rows[1])})
    if until == "sealed":
        world.run("prepare")
    assert type_in("recall", removal.transfer, *WHY).code == 2
    rounds(world)
    assert world.ladder(removal.transfer)[-1] == "acknowledged"


def test_what_lies_in_the_outbox_is_taken_out_of_it_and_not_recalled(world, type_in):
    world.drop()
    world.run("prepare")
    spoken = type_in("recall", the_one(world), *WHY)
    assert (spoken.code, "take its extract out of outbox/yss" in spoken.err) == (2, True)
    assert world.stages() == [Stage.WAITING]


def test_what_stands_at_a_suspended_route_is_stopped_all_the_same(world, type_in):
    sealed(world)
    transfer = the_one(world)
    page = world.council.home / "config" / "policies" / "yss.toml"
    text = page.read_text()
    page.write_text(text.replace("review = 2027-10-31", "review = 2026-11-01"))
    assert type_in("recall", transfer, *WHY).code == 0
    world.run()
    page.write_text(text)
    world.run()
    world.run()
    nothing_left(world, transfer)


@pytest.mark.parametrize("reason", ["Wrong File", "Jo's file", "", "a" * 200])
def test_a_reason_that_is_no_word_is_refused_and_not_repeated(untouched, reason):
    from tests.end_to_end.conftest import typing_in

    spoken = typing_in(untouched)("recall", "0" * 26, "--reason", reason)
    assert spoken.code == 2
    assert "--reason is not a word with hyphens" in spoken.err
    assert not reason or reason not in spoken.err


def test_there_is_nothing_to_recall_of_what_is_no_transfer(untouched):
    from tests.end_to_end.conftest import typing_in

    assert typing_in(untouched)("recall", "0" * 26, *WHY).code == 2
