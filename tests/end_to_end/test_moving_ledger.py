"""One machine's ledger becomes several machines': its file is moved into PostgreSQL, and the same handoffs go on there."""

from contextlib import closing

import pytest

from gateway.deliver.attempts import Attempts
from gateway.footing.lock import held
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS, typing_in
from tests.end_to_end.test_postgresql import SERVICE, server  # noqa: F401 - a fixture
from tests.end_to_end.test_subjects import hand_over
from tests.ledgers import cluster  # noqa: F401 - a fixture


@pytest.fixture
def url(server):  # noqa: F811 - the fixture
    return server.url("ledger", SERVICE)


def handed_over(world) -> None:
    world.approved()
    world.run()
    world.partners[YSS].receive(world.clock())
    world.run()


def use(world, url: str, key: str = "ledger") -> None:
    page = world.council.home / "config" / "gateway.toml"
    page.write_text(page.read_text().replace("\n\n", f'\n{key} = "{url}"\n\n', 1))


def refused(type_in, url, code: int, said: str, option: str = "--move-ledger") -> None:
    spoken = type_in("doctor", option, url)
    assert (spoken.code, spoken.out) == (code, "")
    assert said in spoken.err
    assert "canary" not in spoken.err


def is_empty(server) -> bool:  # noqa: F811 - what the fixture gave
    return server.tell("select count(*) from ledger.leaf", "ledger") == [(0,)]


def test_a_moved_ledger_goes_on_where_the_file_ended_with_the_same_children_and_references(world, url, type_in):
    children = list(world.people.children)
    first = hand_over(world, children, "first.csv")
    before, file = world.transfers(), world.council.configuration.workspace.ledger
    spoken = type_in("doctor", "--move-ledger", url)
    assert spoken.code == 0, spoken.err
    assert "receipts, verified at both ends" in spoken.out
    assert SERVICE not in spoken.out
    assert type_in("receipts", "verify", "--every").code == 0
    told = type_in("receipts", "list", "--json").out
    use(world, url)
    file.rename(file.with_name("put-away"))
    assert (world.transfers(), type_in("receipts", "list", "--json").out) == (before, told)
    assert type_in("receipts", "verify", "--every").code == 0
    assert hand_over(world, children[::-1], "second.csv") == first
    assert not file.exists()


def test_what_deliver_remembers_goes_along_and_a_number_of_a_try_is_never_used_again(world, url, server, type_in):  # noqa: F811
    handed_over(world)
    (transfer,) = world.transfers()
    server.tell("create schema deliver", "ledger")
    place, file = server.url("ledger"), world.council.configuration.workspace.attempts
    assert type_in("doctor", "--move-ledger", url).code == 0
    spoken = type_in("doctor", "--move-deliver-store", place)
    assert spoken.code == 0, spoken.err
    assert "rows, each compared" in spoken.out
    refused(type_in, place, 74, "deliver has a store there already", "--move-deliver-store")
    use(world, url)
    use(world, place, "deliver_store")
    file.rename(file.with_name("put-away"))
    refused(type_in, place, 2, "on PostgreSQL already", "--move-deliver-store")
    with closing(Attempts(place)) as attempts:
        assert attempts.begin(transfer).earlier == (1,)
    world.clock.turn(hours=1)
    world.run()
    assert world.stages() == [Stage.ACKNOWLEDGED]
    assert not file.exists()


def test_where_deliver_has_remembered_nothing_there_is_nothing_to_move(untouched, url):
    type_in = typing_in(untouched)
    refused(type_in, url, 2, "deliver remembers nothing yet", "--move-deliver-store")
    refused(type_in, "sqlite:////tmp/canary", 78, "the URL ", "--move-deliver-store")


def test_while_a_half_is_at_work_nothing_is_moved(untouched, url, server):  # noqa: F811
    workspace, type_in = untouched.council.configuration.workspace, typing_in(untouched)
    for lock in (workspace.prepare_lock, workspace.deliver_lock):
        with held(lock, "a half"):
            refused(type_in, url, 2, "already")
    assert is_empty(server)


def test_a_ledger_is_moved_once_and_into_an_empty_database(world, url, type_in):
    assert type_in("doctor", "--move-ledger", url).code == 0
    refused(type_in, url, 74, "there is a ledger in that database already")
    use(world, url)
    refused(type_in, url, 2, "the ledger is on PostgreSQL already")


def test_without_its_tables_nothing_is_moved_and_it_is_said_how_they_are_made(untouched, url, server):  # noqa: F811
    server.renew("ledger", "template0")
    refused(typing_in(untouched), url, 74, "the ledger has schema none")


@pytest.mark.parametrize(
    "spoilt",
    ["sqlite:////tmp/canary", "postgresql+psycopg://canary:canary@/ledger?host=/run", "postgresql://db.example/canary"],
)  # fmt: skip
def test_a_url_that_cannot_be_used_is_refused_and_shown_nowhere(untouched, spoilt):
    refused(typing_in(untouched), spoilt, 78, "the URL ")


def test_a_log_that_is_not_what_was_signed_is_not_moved(world, url, server, type_in):  # noqa: F811
    import sqlite3

    db = sqlite3.connect(world.council.configuration.workspace.ledger)
    db.execute("update leaf set hash = zeroblob(32) where leaf_index = 1")
    db.commit()
    db.close()
    refused(type_in, url, 70, "leaf 1 of the log is not the one that was hashed")
    assert is_empty(server)


def test_who_may_not_write_there_is_told_and_the_file_stays_in_use(world, url, server, type_in):  # noqa: F811
    server.tell(f'revoke insert on ledger.hold from "{SERVICE}"', "ledger")
    refused(type_in, url, 74, "this user may not do that")
    assert is_empty(server)
    handed_over(world)
    assert world.stages() == [Stage.ACKNOWLEDGED]
