"""A ledger in a file of this test's own."""

import shutil

import pytest

from gateway.footing.ledger import Ledger, sqlite_url


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """Made once and copied: making one costs more than most tests."""
    path = tmp_path_factory.mktemp("empty") / "ledger"
    Ledger.create_or_upgrade(sqlite_url(path)).close()
    return path


@pytest.fixture
def path(empty, tmp_path):
    return shutil.copy(empty, tmp_path / "ledger")


@pytest.fixture
def ledger(path):
    opened = Ledger.open(sqlite_url(path))
    yield opened
    opened.close()


@pytest.fixture
def tx(ledger):
    """One writing transaction, for stores that are asked within it."""
    with ledger.writing() as transaction:
        yield transaction
