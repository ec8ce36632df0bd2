"""The release statement: one spelling, and nothing else passes for it."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.approval.statement import Ceilings, Statement, round_up, since
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StatementInvalid

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def a_statement() -> Statement:
    return Statement(
        gateway="council.example", route="yss", partner="youth-support-service", partner_key="SHA256:" + "A" * 43,
        extract=Digest.of(b"extract"), remarks=None, salt=bytes(32), route_digest=Digest.of(b"route"),
        ceilings=Ceilings(rows=1200, children=900, fields={"phone": 310, "email": 300}),
        since_last="rows +12, children -3", expires=AT,
    )  # fmt: skip


def test_a_statement_reads_back_as_it_was_written():
    assert Statement.parse(a_statement().encode()) == a_statement()


def test_a_person_can_read_it():
    lines = a_statement().encode().decode().splitlines()
    assert lines[0] == "handoff-release: v1"
    assert "children-at-most: 900" in lines
    assert lines.index("field-at-most: email 300") < lines.index("field-at-most: phone 310")


@pytest.mark.parametrize(
    "edit",
    [
        lambda b: b.replace(b"\n", b"\r\n"),
        lambda b: b"\xef\xbb\xbf" + b,
        lambda b: b + b"\n",
        lambda b: b.rstrip(b"\n"),
        lambda b: b.replace(b"route: yss\n", b""),
        lambda b: b.replace(b"route: yss\n", b"route: yss\nroute: dfe\n"),
        lambda b: b.replace(b"rows-at-most: 1200", b"rows-at-most: 01200"),
        lambda b: b.replace(b"rows-at-most: 1200", b"rows-at-most: 1e9"),
        lambda b: b.replace(b"rows-at-most: 1200", b"rows-at-most: -1"),
        lambda b: b.replace(b"handoff-release: v1", b"handoff-release: v2"),
        lambda b: b.replace(b"expires: 2026", b"expires: 2026 "),
        lambda b: b.replace(b"2026-11-24", b"2026-13-24"),
        lambda b: b.replace(b"salt: 00", b"salt: 0"),
        lambda b: b.replace(b"extract-sha256: ", b"extract-sha256: x"),
        lambda b: b.replace(b"since-last: rows +12", b"since-last: rows 12"),
        lambda b: b + b"remark: hello\n",
        lambda b: b.replace(b"gateway: ", b"gateway:  "),
        lambda b: b.replace(b"field-at-most: email 300\n", b"field-at-most: email 300\nfield-at-most: email 900\n"),
        lambda b: b[: len(b) // 2],
        lambda b: b"",
        lambda b: b * 2000,
    ],
)
def test_any_other_spelling_is_refused(edit):
    with pytest.raises(StatementInvalid) as caught:
        Statement.parse(edit(a_statement().encode()))
    assert caught.value.remedy


@given(st.data())
def test_no_single_changed_byte_leaves_the_same_statement(data):
    original = a_statement().encode()
    place = data.draw(st.integers(0, len(original) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != original[place]))
    changed = original[:place] + bytes([byte]) + original[place + 1 :]
    try:
        parsed = Statement.parse(changed)
    except StatementInvalid:
        return
    assert parsed != a_statement()


@given(st.integers(0, 10**9))
def test_a_ceiling_is_never_below_the_count_and_tells_no_small_number(count):
    ceiling = round_up(count)
    assert ceiling >= count
    assert ceiling % 10 == 0
    assert ceiling <= max(10, count * 1.1 + 10)


@given(st.lists(st.integers(0, 10**7), min_size=2))
def test_more_children_never_get_a_lower_ceiling(counts):
    assert all(round_up(a) <= round_up(b) for a, b in pairwise(sorted(counts)))


def test_each_broken_ceiling_is_named():
    ceilings = Ceilings(rows=10, children=10, fields={"phone": 10})
    assert ceilings.exceeded_by(rows=10, children=10, fields={"phone": 10}) == ()
    assert ceilings.exceeded_by(rows=11, children=12, fields={"phone": 11, "email": 1}) == (
        "rows", "children", "email", "phone",
    )  # fmt: skip


def test_a_field_without_a_ceiling_may_not_leave_at_all():
    assert Ceilings(rows=9, children=9, fields={}).exceeded_by(rows=1, children=1, fields={"phone": 1}) == ("phone",)


@pytest.mark.parametrize(
    ("rows", "children", "told"),
    [
        (0, 0, "rows +0, children +0"),
        (12, -40, "rows +12, children -40"),
        (5, -5, "rows +5, children -5"),
        (4, -1, "rows few, children few"),
        (0, -1, "rows +0, children few"),
    ],
)
def test_a_small_difference_is_not_told(rows, children, told):
    assert since(rows, children) == told
    stated = replace(a_statement(), since_last=told)
    assert Statement.parse(stated.encode()) == stated
