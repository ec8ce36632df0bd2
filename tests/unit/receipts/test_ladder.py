"""Which receipt may come next: the whole table, against a real log that has a transfer on every rung."""

from collections import deque

import pytest

from gateway.footing.ledger import Ledger, sqlite_url
from gateway.receipts.ladder import BESIDE, EVIDENCE, climb, replay, rung_of
from gateway.receipts.log import ReceiptLog
from gateway.receipts.receipt import Receipt
from gateway.vocabulary.errors import GatewayError, LogBroken, StorageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import FOLLOWS, Stage
from tests.unit.receipts.ground import AT, KEY, ONE, ORIGIN, WHOLE, a_transfer, event, rung

STEPS = [(stage, step) for stage in FOLLOWS for step in Stage]
ILLEGAL = [(stage, step) for stage, step in STEPS if step not in FOLLOWS[stage]]
LEGAL = [(stage, step) for stage, step in STEPS if step in FOLLOWS[stage]]


def way_to(stage: Stage | None) -> tuple[Stage, ...]:
    """The shortest legal way up."""
    ways: deque[tuple[Stage | None, tuple[Stage, ...]]] = deque([(None, ())])
    while ways:
        here, way = ways.popleft()
        if here is stage:
            return way
        ways.extend((step, (*way, step)) for step in sorted(FOLLOWS[here]))
    raise AssertionError(stage)


def standing_at(stage: Stage | None):
    return a_transfer(100 + (list(Stage).index(stage) if stage else 99))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def everywhere(request, tmp_path_factory):
    if request.param == "sqlite":
        url = sqlite_url(tmp_path_factory.mktemp("ladder") / "ledger")
    else:
        server = request.getfixturevalue("cluster")
        server.renew("ladder", "template0")
        url = server.url("ladder")
    ledger = Ledger.create_or_upgrade(url)
    log = ReceiptLog(ledger, key=KEY, origin=ORIGIN)
    log.append(*(rung(step, standing_at(stage)) for stage in Stage for step in way_to(stage)))
    yield log
    ledger.close()


def test_every_stage_can_be_reached(everywhere):
    assert {stage: everywhere.stage(standing_at(stage)) for stage in Stage} == {stage: stage for stage in Stage}


@pytest.mark.parametrize(("stage", "step"), ILLEGAL)
def test_a_step_that_the_table_does_not_have_is_refused_and_leaves_nothing(everywhere, stage, step):
    before = everywhere.latest()
    with pytest.raises(StorageError, match=r"cannot (become|begin as)") as caught:
        everywhere.append(rung(step, standing_at(stage)))
    assert str(step) in str(caught.value)
    assert caught.value.remedy
    assert everywhere.latest() == before
    assert everywhere.stage(standing_at(stage)) is stage


@pytest.mark.parametrize(("stage", "step"), LEGAL)
def test_a_step_that_the_table_has_is_taken(stage, step):
    newest = rung(stage) if stage else None
    assert climb(newest, rung(step)) == rung(step)


def test_nothing_delivered_or_ended_can_be_sealed_or_begun_again():
    """Spelled out, not taken from the table: these would send a parcel twice."""
    for stage in ("delivered", "in-doubt", "overdue", "resolved", "acknowledged", "disposed", "refused"):
        for step in ("waiting", "arrived", "approved", "sealed"):
            with pytest.raises(StorageError):
                climb(rung(Stage(stage)), rung(Stage(step)))


def test_a_batch_is_judged_receipt_by_receipt(log):
    log.append(*map(rung, WHOLE))
    assert log.stage(ONE) is Stage.DISPOSED


def test_a_batch_with_one_wrong_step_is_not_recorded_at_all(log):
    with pytest.raises(StorageError, match="arrived cannot become sealed"):
        log.append(rung(Stage.ARRIVED), rung(Stage.SEALED))
    assert log.stage(ONE) is None
    assert log.latest().checkpoint.size == 0


@pytest.mark.parametrize(("stage", "name"), [(stage, name) for stage, names in EVIDENCE.items() for name in names])
def test_a_rung_without_its_evidence_is_a_claim_and_is_refused(log, stage, name):
    way = way_to(stage)
    log.append(*map(rung, way[:-1])) if way[:-1] else None
    whole = rung(stage)
    facts = Facts(**{fact: value for fact, value in whole.facts.items() if fact != name})
    with pytest.raises(StorageError, match=f"{stage} and lacks its evidence: {name}"):
        log.append(Receipt.of_stage(stage, transfer=ONE, route="yss", at=AT, facts=facts))
    log.append(whole)


def test_the_briefed_rungs_ask_for_their_evidence():
    """Spelled out: an emptied table would make the test above pass without a case."""
    assert set(EVIDENCE[Stage.SEALED]) == {"manifest", "envelope", "ciphertext", "rows", "released"}
    assert EVIDENCE[Stage.DELIVERED] == ("verified_by",)
    assert EVIDENCE[Stage.APPROVED] == ("signers",)
    assert set(EVIDENCE[Stage.ACKNOWLEDGED]) == {"acknowledgement", "partner_key"}


def test_an_empty_list_of_signers_is_no_approval(log):
    log.append(rung(Stage.ARRIVED))
    with pytest.raises(StorageError, match="lacks its evidence: signers"):
        log.append(rung(Stage.APPROVED, signers=()))


def test_no_rows_at_all_are_evidence_too(log):
    log.append(rung(Stage.ARRIVED), rung(Stage.APPROVED), rung(Stage.SEALED, rows=0, released=0))
    assert log.stage(ONE) is Stage.SEALED


@pytest.mark.parametrize("missing", ["transfer", "route"])
def test_a_rung_says_whose_it_is(log, missing):
    members = {"transfer": ONE, "route": "yss"} | {missing: None}
    with pytest.raises(StorageError, match="not of which transfer on which route"):
        log.append(Receipt(kind="arrived", at=AT, facts=rung(Stage.ARRIVED).facts, **members))


def test_a_transfer_cannot_change_its_route(log):
    log.append(rung(Stage.ARRIVED))
    with pytest.raises(StorageError, match="cannot change its route"):
        log.append(rung(Stage.APPROVED, route="dfe-school-census"))


@pytest.mark.parametrize("kind", sorted(BESIDE))
def test_what_stands_beside_the_ladder_moves_nothing(log, kind):
    log.append(rung(Stage.ARRIVED), Receipt(kind=kind, at=AT, facts=Facts(), transfer=ONE, route="yss"))
    assert log.stage(ONE) is Stage.ARRIVED
    assert log.in_stage(Stage.ARRIVED) == [ONE]
    log.append(rung(Stage.APPROVED))
    assert log.stage(ONE) is Stage.APPROVED


@pytest.mark.parametrize("kind", ["teleported", "sent", "delivered-twice", "look-up"])
def test_a_kind_that_could_be_an_unknown_rung_is_not_written(log, kind):
    log.append(rung(Stage.ARRIVED))
    with pytest.raises(LogBroken, match=f"{kind}, which is not known here"):
        log.append(Receipt(kind=kind, at=AT, facts=Facts(), transfer=ONE, route="yss"))
    assert log.stage(ONE) is Stage.ARRIVED


def test_no_rung_stands_beside_the_ladder():
    assert not BESIDE & {stage.value for stage in Stage}
    assert all(rung_of(kind) is None for kind in BESIDE)


def test_replaying_gives_the_last_rung():
    assert replay([]) is None
    assert replay(map(rung, WHOLE)) is Stage.DISPOSED
    assert replay([rung(Stage.ARRIVED), Receipt(kind="incident", at=AT, facts=Facts(), transfer=ONE)]) is Stage.ARRIVED


@pytest.mark.parametrize("drop", [0, 1, 2, 4])
def test_replaying_with_a_receipt_missing_is_refused(drop):
    """Not `delivered`, the third: a partner may answer before deliver has told us."""
    with pytest.raises(GatewayError):
        replay(rung(step) for place, step in enumerate(WHOLE) if place != drop)


def test_events_of_the_gateway_itself_need_no_ladder(log):
    log.append(event("started"), event("hold-added"), event("look-up"))
    assert log.latest().checkpoint.size == 3
