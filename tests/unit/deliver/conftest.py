"""Deliver's store in a file, and as a schema of PostgreSQL: empty for each test."""

import pytest

from tests.ledgers import cluster  # noqa: F401 - a fixture


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """What a store is opened by."""
    if request.param == "sqlite":
        return tmp_path / "store.sqlite"
    server = request.getfixturevalue("cluster")
    server.tell("drop schema if exists deliver cascade")
    server.tell("create schema deliver")
    return server.url()
