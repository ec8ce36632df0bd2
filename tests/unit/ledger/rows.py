"""Rows for the stores' tests; every child in them is a number."""

from datetime import UTC, datetime, timedelta

from gateway.footing.ledger.transfers import TransferRow
from gateway.vocabulary.transfer import TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def an_id(number: int) -> TransferId:
    return TransferId.new(AT + timedelta(seconds=number), lambda count: number.to_bytes(count, "big"))


def a_row(number: int, **changes) -> TransferRow:
    values = {
        "id": an_id(number), "route": "yss", "partner": "youth-support-service", "scope": "full",
        "extract_digest": "ab" * 32, "statement_digest": f"{number:064x}", "created": AT + timedelta(seconds=number),
    }  # fmt: skip
    return TransferRow(**(values | changes))


def pseudonym(number: int) -> bytes:
    return number.to_bytes(12, "big")
