"""A ledger of this test's own, on every kind of database, and the log in it."""

import pytest

from gateway.receipts.log import ReceiptLog
from tests.ledgers import cluster, database, empty, file, ledger, place  # noqa: F401 - fixtures
from tests.unit.receipts.ground import KEY, ORIGIN, close_opened


@pytest.fixture
def log(ledger):  # noqa: F811 - the fixture
    yield ReceiptLog(ledger, key=KEY, origin=ORIGIN)
    close_opened()
