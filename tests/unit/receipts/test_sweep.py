"""The quick look at a long log passes what is sound and nothing else."""

import random
import shutil

import pytest

from gateway.crypto.checkpoint import log_key
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import Ledger, sweeping
from gateway.receipts.log import ReceiptLog
from gateway.receipts.sweep import ENDING, is_sound
from gateway.receipts.verification import verify_log
from gateway.vocabulary.errors import LogBroken, StorageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage
from tests.ledgers import EMPTY, OnSqlite, on_sqlite
from tests.unit.receipts.ground import KEY, ORIGIN, a_transfer, broken, event, fill, open_log, rung, seconds

LONG = 4_500


def lengthen(url: str) -> None:
    ledger = Ledger.open(url)
    log = ReceiptLog(ledger, key=KEY, origin=ORIGIN)
    for start in range(0, LONG, 10):
        events = (event(at=seconds(start), matches=number) for number in range(start, start + 9))
        log.append(*events, rung(Stage.ARRIVED, a_transfer(start), at=seconds(start)))
    ledger.close()


@pytest.fixture(scope="module")
def long_file(empty, tmp_path_factory):
    """Made once and copied: longer than what is looked at in one piece, a checkpoint for each ten."""
    made = OnSqlite(shutil.copy(empty.path, tmp_path_factory.mktemp("long") / "ledger"))
    lengthen(made.url)
    return made.path


@pytest.fixture(scope="module")
def long_database(cluster):
    cluster.tell(f"create database long_ledger template {EMPTY}")
    lengthen(cluster.url("long_ledger"))
    return "long_ledger"


@pytest.fixture
def long(request, log, ledger, place):
    ledger.close()
    if isinstance(place, OnSqlite):
        shutil.copy(request.getfixturevalue("long_file"), place.path)
    else:
        made = request.getfixturevalue("long_database")
        place.server.renew(place.name, made)
    return log


def test_a_long_sound_log_is_sound_and_all_its_near_checkpoints_are_compared(long, ledger):
    size, root, compared = is_sound(ledger, long.public)
    assert (size, root) == (LONG, long.latest().checkpoint.root)
    assert compared == 4_096 // 10 + 1
    assert verify_log(ledger, long.public).checkpoints == compared


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257])
def test_a_log_of_any_size_is_sound(log, ledger, size):
    log.append(*(event(matches=number) for number in range(size)))
    assert is_sound(ledger, log.public)[0] == size


TAMPERINGS = (
    "update leaf set at = '2020-01-01T00:00:00Z' where leaf_index = {leaf}",
    "update leaf set kind = 'look-down' where leaf_index = {leaf}",
    "update leaf set hash = zeroblob(32) where leaf_index = {leaf}",
    "update leaf set body = x'7b7d0a' where leaf_index = {leaf}",
    "update leaf set at = 5 where leaf_index = {leaf}",
    "delete from leaf where leaf_index = {leaf}",
    "update node set hash = zeroblob(32) where level = 1 and node_index = {leaf} / 2",
    "delete from node where level = 1 and node_index = {leaf} / 2",
    "insert into node values (20, {leaf}, zeroblob(32))",
)


@pytest.mark.parametrize("statement", TAMPERINGS)
@pytest.mark.parametrize("leaf", [0, 511, 512, 4_498])
def test_nothing_that_was_tampered_with_passes_wherever_it_is(long, ledger, place, statement, leaf):
    with place.tampering() as db:
        db.execute(statement.format(leaf=leaf))
    assert is_sound(ledger, long.public) is None


@pytest.mark.parametrize("leaf", [0, 511, 512, 4_498])
def test_a_body_that_was_changed_does_not_pass_wherever_it_is(long, ledger, place, leaf):
    with place.tampering() as db:
        (body,) = db.execute("select body from leaf where leaf_index = ?", (leaf,)).fetchone()
        db.execute("update leaf set body = ? where leaf_index = ?", (body.replace(b'"matches":', b'"matches":1'), leaf))
    assert is_sound(ledger, long.public) is None


COLUMNS = (
    "kind = 'sealed'",
    "kind = substr(kind, 2)",
    "transfer = '01zzzzzzzzzzzzzzzzzzzzzzzz'",
    "transfer = substr(transfer, 1, 25)",
    "transfer = null",
    "route = 'ys'",
    "route = 'yss\"'",
    "route = null",
    "route = 'null'",
    "at = '2026-11-24T09:30:59Z'",
    "at = substr(at, 1, 19)",
    "body = x''",
    "body = x'', kind = 'purged-body'",
    "body = x'7b7d0a'",
)


def says_another(ledger) -> bool:
    with ledger.reading() as tx:
        return sweeping.says_another(tx, ending=ENDING)


@pytest.mark.parametrize("change", COLUMNS)
def test_a_column_that_the_body_does_not_bear_out_is_seen(log, ledger, place, change):
    log.append(event(), rung(Stage.ARRIVED), event(), rung(Stage.APPROVED))
    log.append(event(at=seconds(9), transfer=a_transfer(3)))
    assert not says_another(ledger)
    with place.tampering() as db:
        db.execute(f"update leaf set {change} where leaf_index = 3")  # noqa: S608 - of this test
    assert says_another(ledger)


@pytest.mark.parametrize(
    "change", ["transfer = '01zzzzzzzzzzzzzzzzzzzzzzzz'", "route = 'yss'", "route = ''", "transfer = ''"]
)
def test_a_column_that_the_body_has_nothing_for_is_seen(log, ledger, place, change):
    log.append(event())
    with place.tampering() as db:
        db.execute(f"update leaf set {change}")  # noqa: S608 - of this test
    assert says_another(ledger)


@on_sqlite
@pytest.mark.parametrize("column", ["at", "kind", "transfer", "route"])
def test_bytes_of_the_same_letters_where_text_belongs_are_seen(log, ledger, place, column):
    log.append(rung(Stage.ARRIVED))
    with place.tampering() as db:
        db.execute(f"update leaf set {column} = cast({column} as blob)")  # noqa: S608 - of this test
    assert says_another(ledger)


@on_sqlite
@pytest.mark.parametrize("column", ["body", "hash"])
def test_text_of_the_same_letters_where_bytes_belong_does_not_pass(long, ledger, place, column):
    with place.tampering() as db:
        db.execute(f"update leaf set {column} = cast({column} as text) where leaf_index = 4499")  # noqa: S608 - of this test
    assert is_sound(ledger, long.public) is None
    with pytest.raises((LogBroken, StorageError), match=r"leaf 4499|no text where text belongs") as caught:
        verify_log(ledger, long.public)
    assert "receipts verify" in caught.value.remedy


@on_sqlite
def test_a_purged_body_that_is_text_does_not_pass(log, ledger, place):
    fill(log)
    log.purge(a_transfer(1), seconds(60), Facts())
    assert is_sound(ledger, log.public)[0] == 13
    with place.tampering() as db:
        db.execute("update leaf set body = '' where leaf_index = 3")
    assert is_sound(ledger, log.public) is None


@on_sqlite
@pytest.mark.parametrize("leaf", [0, 4_498])
def test_text_where_bytes_belong_does_not_pass(long, ledger, place, leaf):
    with place.tampering() as db:
        db.execute("update leaf set body = 'text' where leaf_index = ?", (leaf,))
    assert is_sound(ledger, long.public) is None


@pytest.mark.parametrize(
    "statement",
    [
        "update standing set stage = 'approved'",
        "update standing set leaf_index = leaf_index + 1",
        "update standing set route = 'ofsted'",
        "delete from standing",
        "insert into standing select '7zzzzzzzzzzzzzzzzzzzzzzzzz', stage, route, leaf_index from standing limit 1",
    ],
)
def test_a_list_of_stages_that_says_another_thing_does_not_pass(log, ledger, place, statement):
    log.append(event(), rung(Stage.ARRIVED))
    with place.tampering() as db:
        db.execute(statement)
    assert is_sound(ledger, log.public) is None


def test_a_table_that_is_gone_does_not_pass(log, ledger, place):
    log.append(event(), rung(Stage.ARRIVED))
    with place.tampering() as db:
        db.execute("drop table standing")
    assert is_sound(ledger, log.public) is None


def test_a_checkpoint_of_another_key_does_not_pass(log, ledger):
    fill(log)
    assert is_sound(ledger, log_key(log.public.name, SigningKey.generate_ed25519().public_raw)) is None


def test_while_another_process_writes_the_log_is_looked_at_more_slowly_and_sound(long, ledger, place):
    other = open_log(place)
    other.append(event(at=seconds(LONG)))
    assert verify_log(ledger, long.public).size == LONG + 1


def test_two_leaves_swapped_with_their_hashes_and_all_columns_are_found(long, ledger, place):
    one, two = random.Random(7).sample(range(LONG - 10), 2)
    with place.tampering() as db:
        rows = {n: db.execute("select kind, transfer, route, at, body, hash from leaf where leaf_index = ?", (n,)).fetchone()
                for n in (one, two)}  # fmt: skip
        for index, row in ((one, rows[two]), (two, rows[one])):
            db.execute(
                "update leaf set kind=?, transfer=?, route=?, at=?, body=?, hash=? where leaf_index = ?", (*row, index)
            )
    assert is_sound(ledger, long.public) is None
    broken(ledger, long, "leaf|leaves")
