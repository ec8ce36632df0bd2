"""A ledger of this test's own, and the log in it."""

import shutil

import pytest

from gateway.footing.ledger import Ledger, sqlite_url
from gateway.receipts.log import ReceiptLog
from tests.unit.receipts.ground import KEY, ORIGIN


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """Made once and copied: making one costs more than most tests."""
    path = tmp_path_factory.mktemp("empty") / "ledger"
    Ledger.create_or_upgrade(sqlite_url(path)).close()
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger"


@pytest.fixture
def ledger(empty, path):
    shutil.copy(empty, path)
    opened = Ledger.open(sqlite_url(path))
    yield opened
    opened.close()


@pytest.fixture
def log(ledger):
    return ReceiptLog(ledger, key=KEY, origin=ORIGIN)
