"""What keeps evidence longer: replaced by what is said later, and asked again when a hold ends."""

from datetime import UTC, date, datetime, timedelta

from gateway.footing.ledger import retention, transfers
from gateway.footing.ledger.schema import standing
from gateway.footing.ledger.transfers import TransferRow
from gateway.vocabulary.transfer import TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TODAY = AT.date()
ONE, TWO, THREE = (bytes([number]) * 12 for number in (1, 2, 3))
DAY = timedelta(days=1)


def a_transfer(tx, days_ago, number=1, scope="full"):
    created = AT - days_ago * DAY
    wanted = TransferId.new(created, lambda count: bytes([number]) * count)
    row = TransferRow(
        id=wanted, route="yss", partner="p", scope=scope, extract_digest="00" * 32, statement_digest=None,
        created=created,
    )  # fmt: skip
    transfers.insert_transfer(tx, row)
    tx.execute(standing.insert(), {"transfer": wanted, "stage": "acknowledged", "route": "yss", "leaf_index": number})
    return wanted


def aged(tx, days=0, **page):
    return [row.id for row in transfers.aged(tx, AT - days * DAY, day=TODAY, limit=page.pop("limit", 10), **page)]


def test_the_newest_word_about_a_child_replaces_the_one_before(tx):
    retention.record_contacts(tx, {ONE: date(2024, 1, 1), TWO: date(2024, 1, 2)})
    retention.record_contacts(tx, {ONE: date(2020, 1, 1)})
    assert retention.contacts_after(tx, date(2023, 1, 1)) == {TWO: date(2024, 1, 2)}
    assert retention.contacts_after(tx, date(2024, 1, 2)) == {}


def test_many_children_are_recorded_at_once(tx):
    days = {number.to_bytes(12, "big"): TODAY for number in range(1203)}
    retention.record_contacts(tx, days)
    retention.record_contacts(tx, days)
    assert retention.contacts_after(tx, TODAY - DAY) == days


def test_children_are_kept_until_they_are_released(tx):
    retention.keep_subjects(tx, [ONE, TWO, ONE], at=AT)
    retention.keep_subjects(tx, [TWO, THREE], at=AT)
    assert retention.kept_subjects(tx) == {ONE, TWO, THREE}
    assert retention.release_subjects(tx, [ONE, b"\x09" * 12]) == 1
    assert retention.kept_subjects(tx) == {TWO, THREE}


def test_only_what_is_older_is_found_oldest_first_and_a_page_at_a_time(tx):
    old = [a_transfer(tx, days, number) for number, days in ((1, 30), (2, 20), (3, 10))]
    a_transfer(tx, 1, 4)
    assert aged(tx, 5) == old
    assert aged(tx, 5, limit=2) == old[:2]
    assert aged(tx, 5, after=old[1]) == old[2:]


def test_what_is_put_off_is_asked_again_after_its_day_and_when_any_hold_ends(tx):
    one, two = a_transfer(tx, 30, 1), a_transfer(tx, 20, 2)
    retention.put_off(tx, one, TODAY - DAY)
    assert aged(tx) == [one, two]
    retention.put_off(tx, one, TODAY)
    retention.put_off(tx, one, TODAY + 400 * DAY)
    assert aged(tx) == [two]
    retention.forget(tx, two)
    retention.release_subjects(tx, [ONE])
    assert aged(tx) == [one, two]


def test_the_newest_extract_of_a_route_is_no_removal(tx):
    assert transfers.newest_extract(tx, "yss") is None
    a_transfer(tx, 30, 1)
    dropped = a_transfer(tx, 20, 2, scope="changes")
    a_transfer(tx, 1, 3, scope="removal")
    assert transfers.newest_extract(tx, "yss").id == dropped
    assert transfers.newest_extract(tx, "another") is None
