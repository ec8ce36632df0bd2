"""Several handoffs of one route on their way at a time: in strict order, whatever becomes of one of them."""

import pytest

from gateway.footing import mailbox
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS


@pytest.fixture
def run(world):
    """Three approved extracts, each a child shorter than the one before; sealed, not delivered."""
    rows = world.extract().splitlines(keepends=True)
    for number in range(3):
        world.drop(b"".join(rows[: len(rows) - number]), name=f"{number}.csv")
    world.run("prepare")
    for number in range(3):
        world.sign_both(name=f"{number}.csv")
    world.run("prepare")
    assert world.stages() == [Stage.SEALED] * 3
    return world


def numbers(world):
    """What was sealed last for each transfer, by number."""
    sealed = {t: world.facts(t, Stage.SEALED)["sequence"] for t in world.transfers()}
    return sorted(sealed, key=sealed.__getitem__), sorted(sealed.values())


def taken(world):
    """What the partner says to each parcel there, in the order in which it takes them."""
    return [(one.result, one.transfer) for one in world.partners[YSS].receive(world.clock())]


def test_a_backlog_is_sealed_ahead_delivered_in_its_order_and_acknowledged(run):
    order, given = numbers(run)
    assert given == [1, 2, 3]
    box = run.council.configuration.workspace.to_deliver
    assert [mailbox.read_order(box / transfer).after for transfer in order] == [None, *order[:2]]
    run.run("deliver")
    assert taken(run) == [("accepted", transfer) for transfer in order]
    run.run()
    assert run.stages() == [Stage.ACKNOWLEDGED] * 3


def test_a_new_hold_takes_all_of_them_back_and_each_goes_again_with_its_number(run):
    order, _ = numbers(run)
    run.hold({"upn": run.people.children[0].fields["upn"]})
    run.clock.turn(minutes=1)
    run.run()
    assert run.stages() == [Stage.DELIVERED] * 3
    assert numbers(run) == (order, [1, 2, 3])
    assert all("revoked" in run.ladder(transfer) for transfer in order)
    assert taken(run) == [("accepted", transfer) for transfer in order]


@pytest.mark.parametrize("place", [0, 1])
def test_what_is_refused_when_it_is_judged_anew_leaves_its_number_to_the_next(run, place):
    order, _ = numbers(run)
    refused = order[place]
    (run.council.configuration.workspace.arrival(refused) / "extract").unlink()
    run.hold({"upn": run.people.children[0].fields["upn"]})
    run.clock.turn(minutes=1)
    run.run()
    left = [transfer for transfer in order if transfer != refused]
    assert run.ladder(refused)[-1] == "refused"
    assert [run.facts(transfer, Stage.SEALED)["sequence"] for transfer in left] == [1, 2]
    assert taken(run) == [("accepted", transfer) for transfer in left]


def test_what_was_sealed_behind_a_parcel_that_never_leaves_is_taken_back_and_numbered_anew(run):
    """Only the first is taken back here: the others would wait for it in vain."""
    order, _ = numbers(run)
    workspace = run.council.configuration.workspace
    (workspace.arrival(order[0]) / "extract").unlink()
    mailbox.close_order(workspace.to_deliver, order[0])
    with run.opened() as gateway:
        from gateway.receipts.receipt import Receipt
        from gateway.vocabulary.facts import Facts

        gateway.log.append(
            Receipt.of_stage(
                Stage.REVOKED, transfer=order[0], route=YSS, at=run.clock(), facts=Facts(reason="rules-changed")
            )
        )
    run.clock.turn(minutes=1)
    run.run()
    assert [run.ladder(transfer).count("revoked") for transfer in order] == [1, 1, 1]
    assert [run.facts(transfer, Stage.SEALED)["sequence"] for transfer in order[1:]] == [1, 2]
    assert taken(run) == [("accepted", transfer) for transfer in order[1:]]


def test_what_comes_behind_a_failed_delivery_waits_for_a_person_and_then_goes_in_order(run, type_in):
    order, _ = numbers(run)
    inbox = run.partners[YSS].files / "inbox"
    planted = inbox / f"{order[0]}.json"
    planted.write_bytes(b"not ours")
    run.run()
    assert run.stages().count(Stage.FAILED) == 1
    assert run.stages().count(Stage.SEALED) == 2
    assert sorted(path.name for path in inbox.iterdir()) == [planted.name], "nothing of the others is there"
    planted.unlink()
    assert type_in("retry", order[0]).code == 0
    run.run()
    assert taken(run) == [("accepted", transfer) for transfer in order]


def test_nothing_is_sealed_behind_what_failed(run):
    order, _ = numbers(run)
    (run.partners[YSS].files / "inbox" / f"{order[0]}.json").write_bytes(b"not ours")
    run.run()
    run.clock.turn(minutes=1)
    rows = run.extract().splitlines(keepends=True)
    run.drop(b"".join(rows[: len(rows) - 4]), name="next.csv")
    run.run("prepare")
    run.sign_both(name="next.csv")
    run.run()
    assert sorted(run.stages()) == [Stage.APPROVED, Stage.FAILED, Stage.SEALED, Stage.SEALED]


def test_two_cannot_take_one_number(run):
    from gateway.service.wiring import gates_of
    from gateway.story import sequence

    order, _ = numbers(run)
    with run.opened() as gateway:
        gate = gates_of(gateway, run.council.configuration, run.clock())[YSS]
        with gateway.ledger.writing() as tx, pytest.raises(StorageError):
            sequence.take(gate, tx, order[2], 2)
