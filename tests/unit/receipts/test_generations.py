"""Which generation of a secret is in force is what receipts tell, and receipts alone."""

import pytest

from gateway.receipts import generations
from gateway.receipts.generations import references_kept, rotated
from gateway.vocabulary.errors import LogBroken, StorageError
from gateway.vocabulary.facts import Facts
from tests.unit.receipts.ground import AT, HEX, event

OTHER = "cd" * 32


def rotate(log, role, generation):
    log.append(rotated(role, generation, at=AT, told=Facts(uid=0)))


def test_without_a_receipt_the_first_one_is_in_force_and_nobody_keeps_references(log, ledger):
    log.append(event())
    with ledger.reading() as tx:
        assert generations.in_force(tx, "register") == 1
        assert (generations.kept_references(tx, "one"), generations.keeping(tx)) == (None, set())


def test_each_role_has_its_own(log, ledger):
    for role, generation in (("register", 2), ("register", 3), ("digest", 2)):
        rotate(log, role, generation)
    with ledger.reading() as tx:
        told = [generations.in_force(tx, role) for role in ("register", "digest", "reference-one")]
    assert told == [3, 2, 1]


@pytest.mark.parametrize("generation", [1, 2, 4])
def test_what_was_made_with_another_generation_is_not_recorded(log, ledger, generation):
    rotate(log, "register", 2)
    rotate(log, "register", 3)
    with ledger.writing() as tx:
        generations.check(tx, "register", 3)
        with pytest.raises(StorageError, match="the key register was rotated meanwhile") as caught:
            generations.check(tx, "register", generation)
    assert "nothing was recorded" in caught.value.remedy


def test_the_newest_file_of_references_counts_partner_by_partner(log, ledger):
    told = [("one", HEX), ("two", HEX), ("one", OTHER)]
    log.append(*(references_kept(partner, digest, count=3, at=AT) for partner, digest in told))
    with ledger.reading() as tx:
        assert [generations.kept_references(tx, partner) for partner in ("one", "two", "three")] == [OTHER, HEX, None]
        assert generations.keeping(tx) == {"one", "two"}


def test_a_receipt_that_was_altered_puts_no_generation_in_force(log, ledger, place):
    rotate(log, "register", 2)
    with place.tampering() as db:
        (body,) = db.execute("select body from leaf").fetchone()
        db.execute("update leaf set body = ?", (bytes(body).replace(b'"generation":2', b'"generation":9'),))
    with ledger.reading() as tx, pytest.raises(LogBroken, match="leaf 0 of the log is not the one that was hashed"):
        generations.in_force(tx, "register")


def test_a_receipt_under_another_kind_is_found_and_not_overlooked(log, ledger, place):
    rotate(log, "register", 2)
    log.append(event())
    with place.tampering() as db:
        db.execute("update leaf set kind = 'secret-rotated' where leaf_index = 1")
    with ledger.reading() as tx, pytest.raises(LogBroken, match="say another thing than its body"):
        generations.in_force(tx, "register")
