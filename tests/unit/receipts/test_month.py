"""A month in numbers: what is counted, what is not told, and a page that holds nothing but numbers and words of ours."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from gateway.cli.report_page import bars, by_day, page, span
from gateway.receipts.entry import Entry
from gateway.story.month import OTHER, _counted, in_words, month_of, total_in_words
from gateway.vocabulary.transfer import Stage
from tests.unit.receipts.ground import AT, ONE, TWO, event, rung

FIRST, END = date(2026, 11, 1), date(2026, 12, 1)


def counted(*receipts):
    return _counted([Entry.of_receipt(index, receipt) for index, receipt in enumerate(receipts)], FIRST, END)


def a_busy_month():
    return counted(
        rung(Stage.SEALED, ONE, released=286, tiers={"consented": 162, "special": 3},
             withheld={"age": 98, "hold": 2, "objection": 1}),
        rung(Stage.DELIVERED, ONE, at=AT + timedelta(hours=1)),
        rung(Stage.ACKNOWLEDGED, ONE, at=AT + timedelta(hours=3)),
        rung(Stage.REFUSED, TWO, at=AT + timedelta(hours=3), reasons=("unknown-column", "handed-over-before")),
        event(at=AT + timedelta(hours=4)),
    )  # fmt: skip


def written(month):
    return page(month, council="council", origin="council.example/handoff", size=12, root="ab" * 32)


def test_handoffs_refusals_releases_and_answers_are_counted():
    month = a_busy_month()
    yss = month.routes["yss"]
    assert yss.stages == Counter({Stage.SEALED: 1, Stage.DELIVERED: 1, Stage.ACKNOWLEDGED: 1, Stage.REFUSED: 1})
    assert yss.refusals == Counter({"unknown-column": 1, "handed-over-before": 1})
    assert yss.released == Counter({"": 286, "consented": 162, "special": 3})
    assert yss.answered_after == [timedelta(hours=2)]
    assert month.delivered_by_day == {date(2026, 11, 24): 1}
    assert month.looked_up == 1


def test_a_hold_never_stands_by_itself():
    assert a_busy_month().routes["yss"].withheld == Counter({"age": 98, OTHER: 3})
    assert "hold" not in written(a_busy_month()).replace("withheld", "")


def test_small_counts_are_not_told_and_cannot_be_worked_out():
    assert in_words({"a": 4, "b": 5, "c": 0}) == {"a": "fewer than 5", "b": "5", "c": "0"}
    assert total_in_words({"a": 98, "b": 3}) == "about 100"
    assert total_in_words({"a": 98, "b": 4}) == total_in_words({"a": 98, "b": 1}) == "about 100"
    assert total_in_words({"a": 98, "b": 7}) == "105"
    assert total_in_words({"a": 1, "b": 2}) == "fewer than 5"


def test_the_page_tells_no_small_count_of_children():
    text = written(a_busy_month())
    assert ">3<" not in text
    assert "fewer than 5" in text
    assert "about 100" in text


def test_bars_of_small_counts_look_alike():
    shapes = {bars({"age": 98, "other": count}) for count in (1, 2, 3, 4)}
    assert len(shapes) == 1
    assert bars({"age": 98, "other": 5}) not in shapes


def test_a_day_without_deliveries_has_no_bar_and_a_busy_one_the_highest():
    svg = by_day(FIRST, END, {date(2026, 11, 3): 4, date(2026, 11, 4): 1})
    assert svg.count("<rect") == 2
    assert 'height="120.0"' in svg
    assert by_day(FIRST, END, {}).count("<rect") == 0


def test_an_empty_month_says_so():
    assert "Nothing was handed over" in written(counted())


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in ("meta", "rect", "line"):
            self.open.append(tag)
        assert not {"src", "href", "onload"} & {name for name, _ in attrs}, "no other file is asked for"

    def handle_endtag(self, tag):
        if tag not in ("meta", "rect", "line"):
            assert self.open.pop() == tag


def test_the_page_is_well_formed_and_stands_alone():
    reader = Reader()
    reader.feed(written(a_busy_month()))
    assert reader.open == []
    assert "script" not in reader.tags


def test_what_a_receipt_says_is_escaped():
    month = a_busy_month()
    month.routes["<b>x"] = month.routes.pop("yss")
    assert "<b>x" not in written(month)


@pytest.mark.parametrize(
    ("at", "month", "counts"),
    [
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), FIRST, True),
        (datetime(2026, 12, 1, 0, 0, 0, tzinfo=UTC), FIRST, False),
        (datetime(2026, 6, 30, 23, 0, 0, tzinfo=UTC), date(2026, 7, 1), True),
        (datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC), date(2026, 7, 1), False),
        (datetime(2027, 1, 1, tzinfo=UTC), date(2026, 12, 1), False),
    ],
)
def test_a_month_begins_and_ends_at_london_midnight(log, at, month, counts):
    log.append(rung(Stage.ARRIVED, ONE, at=at))
    assert bool(month_of(SimpleNamespace(log=log), month).routes) is counts


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a minute"),
        (61, "2 minutes"),
        (7199, "120 minutes"),
        (7200, "2 hours"),
        (172_801, "3 days"),
        (86_400, "24 hours"),
    ],
)
def test_how_long_answers_took_is_said_in_the_unit_that_a_person_would_use(seconds, words):
    assert span(timedelta(seconds=seconds)) == words
