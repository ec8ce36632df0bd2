"""A ledger of this test's own, on every kind of database."""

import pytest

from tests.ledgers import cluster, database, empty, file, ledger, place  # noqa: F401 - fixtures


@pytest.fixture
def path(file):  # noqa: F811 - the fixture
    """Of a ledger in a file, for what only files can be."""
    return file.path


@pytest.fixture
def tx(ledger):  # noqa: F811 - the fixture
    """One writing transaction, for stores that are asked within it."""
    with ledger.writing() as transaction:
        yield transaction
