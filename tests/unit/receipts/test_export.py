"""The log outside its ledger: bodies, notes and the public key are enough."""

import pytest

from gateway.crypto.checkpoint import log_key
from gateway.crypto.ssh_keys import SigningKey
from gateway.receipts.verification import verify_export
from gateway.vocabulary.errors import LogBroken
from tests.unit.receipts.ground import ORIGIN, fill


@pytest.fixture
def exported(log, place):
    fill(log)
    with place.tampering() as db:
        bodies = [body for (body,) in db.execute("select body from leaf order by leaf_index")]
        notes = [note for (note,) in db.execute("select note from checkpoint order by size")]
    return bodies, notes


def test_a_sound_export_is_verified_with_all_its_checkpoints_or_the_last(log, exported):
    bodies, notes = exported
    whole = verify_export(bodies, notes, log.public, every=True)
    assert (whole.size, whole.checkpoints) == (12, 12)
    assert verify_export(iter(bodies), iter(notes[-1:]), log.public).root == whole.root


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (lambda b, n: (b[:5] + b[6:], n), "leaf 5 of the log is not|leaf 5 of the log may not"),
        (lambda b, n: (b[:-1], n), "leaf 11 of the log is missing"),
        (lambda b, n: ([*b, b[-1]], n), "leaf 12 of the log"),
        (lambda b, n: ([b[1], b[0], *b[2:]], n), "leaf 0 of the log is not"),
        (lambda b, n: ([b[0], b[2], *b[2:]], n[-1:]), "leaf 1 of the log may not be there"),
        (lambda b, n: (b, n[:-1]), "leaf 11 of the log and what follows it were never signed"),
        (lambda b, n: (b, []), "leaf 0 of the log and what follows it were never signed"),
        (lambda b, n: (b, n[::-1]), "out of order"),
        (lambda b, n: (b, [*n, n[-1]]), "out of order"),
        (lambda b, n: ([b"{}\n", *b[1:]], n), "leaf 0 of the log is no receipt"),
    ],
)
def test_an_export_that_was_edited_is_refused(log, exported, edit, match):
    with pytest.raises(LogBroken, match=match):
        verify_export(*edit(*exported), log.public)


def test_an_export_is_not_verified_with_another_key(exported):
    stranger = log_key(ORIGIN, SigningKey.generate_ed25519().public_raw)
    with pytest.raises(LogBroken, match="not signed by the log's key"):
        verify_export(*exported, stranger)
