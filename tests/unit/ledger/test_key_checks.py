"""By what secrets are known again: recorded once, never changed."""

import pytest

from gateway.footing.ledger import key_checks
from gateway.vocabulary.errors import StorageError


def test_each_generation_of_each_role_has_its_own(tx):
    assert key_checks.roles(tx) == frozenset()
    assert key_checks.recorded(tx, "register") == {}
    for role, generation, value in (("register", 1, "aa"), ("register", 2, "bb"), ("digest", 1, "cc")):
        key_checks.record(tx, role, generation, value)
    assert key_checks.recorded(tx, "register") == {1: "aa", 2: "bb"}
    assert key_checks.roles(tx) == {"register", "digest"}


def test_what_is_recorded_is_not_recorded_anew(ledger):
    with ledger.writing() as tx:
        key_checks.record(tx, "register", 1, "aa")
    with pytest.raises(StorageError), ledger.writing() as tx:
        key_checks.record(tx, "register", 1, "bb")
    with ledger.reading() as tx:
        assert key_checks.recorded(tx, "register") == {1: "aa"}
