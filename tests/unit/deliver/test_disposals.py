"""Whose second answer is awaited, and when it is looked for."""

from datetime import timedelta

import pytest

from gateway.deliver.disposals import AWAITED_FOR, EVERY, Disposals
from gateway.deliver.store import Store
from gateway.vocabulary.transfer import TransferId
from tests.contracts.stories import AT

A, B, C = (TransferId.new(AT, lambda count, n=n: bytes([n]) * count) for n in (1, 2, 3))
MOMENT = timedelta(seconds=1)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    yield store
    store.close()


@pytest.fixture
def disposals(store):
    return Disposals(store)


def test_nothing_is_awaited_before_a_first_answer(disposals):
    assert disposals.due(AT + AWAITED_FOR) == {}


def test_what_is_awaited_is_due_after_a_while_by_route_and_partner(disposals):
    for transfer, route in ((A, "yss"), (B, "yss"), (C, "dfe")):
        disposals.expect(transfer, route, "partner", AT)
    assert disposals.due(AT + EVERY - MOMENT) == {}
    assert disposals.due(AT + EVERY) == {("yss", "partner"): {A, B}, ("dfe", "partner"): {C}}


def test_what_was_asked_about_is_due_again_later_and_the_others_still(disposals):
    for transfer in (A, B):
        disposals.expect(transfer, "yss", "partner", AT)
    disposals.asked([A], AT + EVERY)
    assert disposals.due(AT + EVERY) == {("yss", "partner"): {B}}
    assert disposals.due(AT + 2 * EVERY) == {("yss", "partner"): {A, B}}


def test_a_second_first_answer_does_not_put_it_off(disposals):
    disposals.expect(A, "yss", "partner", AT)
    disposals.expect(A, "yss", "partner", AT + EVERY)
    assert disposals.due(AT + EVERY) == {("yss", "partner"): {A}}


def test_after_years_nobody_asks_any_more(disposals):
    disposals.expect(A, "yss", "partner", AT)
    assert disposals.due(AT + AWAITED_FOR - MOMENT)
    assert disposals.due(AT + AWAITED_FOR) == {}


def test_it_is_remembered_over_a_restart(store, disposals, tmp_path):
    disposals.expect(A, "yss", "partner", AT)
    store.close()
    again = Store(tmp_path / "store")
    assert Disposals(again).due(AT + EVERY) == {("yss", "partner"): {A}}
    again.close()
