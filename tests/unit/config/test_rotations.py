"""Doctor sees a rotation that was broken off, and a key that is older than the ledger."""

import pytest

from gateway.config.checkup.rotations import NAME
from gateway.footing.ledger import Ledger, sqlite_url
from gateway.receipts import generations
from gateway.receipts.log import ReceiptLog
from gateway.vocabulary.facts import Facts
from tests.unit.config.sound import AT, found


@pytest.fixture
def log(ready):
    ledger = Ledger.open(sqlite_url(ready.workspace.ledger))
    yield ReceiptLog(ledger, key=ready.prepare_keys.signing_key("log"), origin=ready.settings.log_origin)
    ledger.close()


def told(ready):
    return [(outcome, sentence) for outcome, name, sentence in found(ready) if name == NAME]


def test_while_each_file_holds_the_key_in_force_nothing_is_said(ready, log):
    log.append(generations.rotated("register", 2, at=AT, told=Facts(uid=0)))
    ready.prepare_keys.add_generation("register")
    assert told(ready) == []


@pytest.mark.parametrize("role", ["register", "digest", "reference-first"])
def test_a_line_more_than_is_in_force_is_a_rotation_that_was_broken_off(ready, role):
    ready.prepare_keys.add_generation(role)
    assert told(ready) == [("warn", f"a rotation of {role} was broken off")]


def test_a_line_less_is_a_key_that_is_older_than_the_ledger(ready, log):
    log.append(generations.rotated("register", 2, at=AT, told=Facts(uid=0)))
    assert told(ready) == [("fail", "register.key is older than the ledger")]


def test_a_log_that_was_handed_over_to_a_key_that_is_not_in_place_is_seen(ready, log):
    following = ready.prepare_keys.create_signing("log.next")
    log.hand_over(following, at=AT, told=Facts(uid=0))
    assert told(ready) == [("warn", "a rotation of log was broken off")]
