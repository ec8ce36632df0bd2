"""A receipt: one spelling, and no room for a child."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.receipts.receipt import LARGEST, Receipt
from gateway.vocabulary.errors import FormatInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage
from tests.unit.receipts.ground import AT, HEX, ONE, PRINT, a_transfer, rung

RECEIPT = Receipt(
    kind="sealed", at=AT, transfer=ONE, route="yss",
    facts=Facts(rows=12, withheld={"age": 2}, reasons=("age", "hold"), signer=PRINT, strict_kex=True),
)  # fmt: skip


def spelled(**changes) -> bytes:
    page = json.loads(RECEIPT.encode()) | changes
    page = {name: value for name, value in page.items() if value != "left out"}
    return json.dumps(page, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def test_a_receipt_reads_back_as_it_was_written():
    assert Receipt.parse(RECEIPT.encode()) == RECEIPT


def test_its_bytes_are_the_ones_the_design_names():
    assert Receipt(kind="started", at=AT, facts=Facts(build=HEX)).encode() == (
        b'{"at":"2026-11-24T09:30:00Z","facts":{"build":"' + HEX.encode() + b'"},"kind":"started",'
        b'"route":null,"transfer":null,"type":"handoff-receipt/v1"}\n'
    )


def test_a_stage_is_its_own_kind():
    receipt = rung(Stage.REJECTED_BY_PARTNER)
    assert (receipt.kind, receipt.transfer, receipt.route) == ("rejected-by-partner", ONE, "yss")


def test_a_time_is_written_in_whole_seconds_of_utc():
    summer = datetime(2026, 7, 1, 10, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    written = Receipt.parse(Receipt(kind="started", at=summer, facts=Facts()).encode())
    assert written.at == datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        Receipt(kind="started", at=datetime(2026, 7, 1), facts=Facts())  # noqa: DTZ001 - the hazard itself


CANARIES = ["Siobhán O'Neil", "12 Acacia Avenue", "E17 4AA", "2011-02-28", "M320400024001", "Late Arrivals.csv", ""]


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("place", ["kind", "route", "transfer"])
def test_nothing_of_a_child_fits_where_facts_are_not(place, canary):
    members = {"kind": "sealed", "transfer": ONE, "route": "yss"} | {place: canary}
    with pytest.raises(ValueError, match="fact") as caught:
        Receipt(**members, at=AT, facts=Facts())
    assert not canary or canary not in str(caught.value)


@pytest.mark.parametrize("canary", [*CANARIES, ["Ada"], {"Ada Lovelace": 1}, None, 1.5])
@pytest.mark.parametrize("name", ["reason", "surname", "rows", "withheld", "self"])
def test_nothing_of_a_child_is_read_back_from_a_leaf(name, canary):
    with pytest.raises(FormatInvalid) as caught:
        Receipt.parse(spelled(facts={name: canary}))
    assert "Ada" not in str(caught.value)
    assert not isinstance(canary, str) or not canary or canary not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        spelled(type="handoff-receipt/v2"),
        spelled(type="left out"),
        spelled(kind="left out"),
        spelled(facts="left out"),
        spelled(transfer="left out"),
        spelled(route="left out"),
        spelled(more=1),
        spelled(kind=None),
        spelled(kind=7),
        spelled(kind="Sealed"),
        spelled(at=None),
        spelled(at="2026-11-24"),
        spelled(at="2026-11-24T09:30:00+00:00"),
        spelled(at="2026-11-31T09:30:00Z"),
        spelled(transfer="short"),
        spelled(transfer=7),
        spelled(transfer=str(ONE).upper()),
        spelled(route=7),
        spelled(route="a\n"),
        spelled(facts=[]),
        spelled(facts=None),
        spelled(facts="rows"),
        spelled(facts={"rows": "12"}),
        spelled(facts={"unknown": 1}),
        RECEIPT.encode()[:-1],
        RECEIPT.encode() + b"\n",
        RECEIPT.encode().replace(b":12", b": 12"),
        RECEIPT.encode().replace(b'"rows":12', b'"rows":12,"rows":12'),
        RECEIPT.encode().replace(b"yss", b"\\u0079ss"),
        b"",
        b"[]\n",
        b"\xff",
        spelled(facts={"reasons": ["age"] * LARGEST}),
    ],
)
def test_any_other_spelling_is_refused(body):
    with pytest.raises(FormatInvalid):
        Receipt.parse(body)


def test_a_receipt_that_is_too_large_is_not_written():
    with pytest.raises(FormatInvalid, match="larger than 65535 bytes"):
        Receipt(kind="started", at=AT, facts=Facts(reasons=("age",) * 20_000)).encode()


slugs = st.from_regex(r"[a-z]{1,12}(-[a-z0-9]{1,8})?", fullmatch=True)


@given(
    st.builds(
        Receipt,
        kind=slugs,
        at=st.integers(1_600_000_000, 4_000_000_000).map(lambda at: datetime.fromtimestamp(at, UTC)),
        route=st.none() | slugs,
        transfer=st.none() | st.integers(0, 9).map(a_transfer),
        facts=st.builds(
            Facts, withheld=st.dictionaries(slugs, st.integers(0, 10**9)), reasons=st.lists(slugs).map(tuple)
        ),
    )
)
def test_whatever_is_on_the_allow_list_reads_back(receipt):
    assert Receipt.parse(receipt.encode()) == receipt


@given(st.data())
def test_no_single_changed_byte_is_the_same_receipt(data):
    body = RECEIPT.encode()
    place = data.draw(st.integers(0, len(body) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != body[place]))
    try:
        parsed = Receipt.parse(body[:place] + bytes([byte]) + body[place + 1 :])
    except FormatInvalid:
        return
    assert parsed != RECEIPT
