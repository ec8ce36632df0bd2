"""What makes a second approver look: the comparison with the last full parcel."""

import pytest

from gateway.contract.policy import Limits
from gateway.minimise.outcome import Outcome
from gateway.story.brake import Brake, LastFull
from gateway.vocabulary.transfer import TransferId

LAST = LastFull(transfer=TransferId("0" * 26), rows=1000, released=800, fields={"phone": 300, "sen_provision": 0})


def an_outcome(rows=1000, released=800, removed=0, **fields):
    return Outcome(
        rows_in=rows, rows_out=released, withheld={}, rejected={}, fields={"phone": 290} | fields, tiers={}, removed=removed
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "beyond"),
    [
        (an_outcome(), ()),
        (an_outcome(rows=1200), ()),
        (an_outcome(rows=800), ()),
        (an_outcome(removed=40), ()),
        (an_outcome(sen_provision=0), ()),
        (an_outcome(rows=1201), ("rows",)),
        (an_outcome(rows=799), ("rows",)),
        (an_outcome(removed=41), ("removals",)),
        (an_outcome(sen_provision=1), ("new-column",)),
        (an_outcome(email=1), ("new-column",)),
        (an_outcome(rows=2000, removed=800, email=5), ("new-column", "removals", "rows")),
    ],
)
def test_an_extract_is_held_against_the_last_one(outcome, beyond):
    assert Brake(limits=Limits(), last=LAST).beyond(outcome) == beyond


def test_a_first_handoff_is_held_against_nothing():
    assert Brake(limits=Limits(), last=None).beyond(an_outcome(rows=10**6, removed=10**6)) == ()


def test_a_policy_says_how_much_is_too_much():
    strict = Limits(rows_percent=0, removals_percent=0)
    assert Brake(limits=strict, last=LAST).beyond(an_outcome(rows=1001, removed=1)) == ("removals", "rows")
