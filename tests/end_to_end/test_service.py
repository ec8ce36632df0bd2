"""The service as it runs: two loops that wake each other, and end when they are told to."""

import threading

import pytest

from gateway.footing.lock import held
from gateway.service.forever import run_forever
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS
from tests.simulators.samba import PIECE, put_half, sharing

PATIENCE = 60
"""Seconds; only a service that has gone wrong makes a test wait so long."""


def staff_read(world, words):
    """Of a look that has only begun there is no waiting.txt yet."""
    return (world.council.drop_folder(YSS) / "waiting.txt").exists() and words in world.waiting()


@pytest.fixture
def service(world):
    """Running in a thread; `until(condition)` waits for what it does."""
    stop, failed = threading.Event(), []

    def run():
        try:
            run_forever(
                world.council.configuration, clock=world.clock, telemetry=world.council.telemetry, stop=stop
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - raised again where the test looks
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def until(condition):
        pause = threading.Event()
        for _ in range(PATIENCE * 20):
            if condition() or failed:
                break
            pause.wait(0.05)
        assert not failed
        assert condition()

    yield until
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert not failed


def test_what_is_dropped_and_signed_while_it_runs_is_delivered_and_acknowledged(world, service):
    world.drop()
    statement = world.council.drop_folder(YSS) / "pupils.csv.release"
    service(statement.exists)
    world.sign_both()
    service(lambda: world.stages() == [Stage.DELIVERED])
    world.partners[YSS].receive(world.clock())
    service(lambda: world.stages() == [Stage.ACKNOWLEDGED])


def test_a_file_that_comes_over_a_samba_share_while_it_runs_is_stated_when_the_client_is_done(world, service):
    content, dropped = world.extract(), world.council.drop_folder(YSS) / "pupils.csv"
    with sharing(world.council.configuration.workspace.outbox) as share, share.putting(f"{YSS}/pupils.csv") as client:
        put_half(client, dropped, content)
        service(lambda: staff_read(world, "still being written"))
        assert world.stages() == []
        client.communicate(content[PIECE:], PATIENCE)
    statement = dropped.with_name("pupils.csv.release")
    service(statement.exists)
    assert f"extract-sha256: {Digest.of(content)}\n" in statement.read_text()


def test_a_second_gateway_on_the_same_folders_is_refused(world, service):
    world.drop()
    service((world.council.drop_folder(YSS) / "pupils.csv.release").exists)
    with pytest.raises(UsageError, match="already"):
        world.run("prepare")


def test_the_halves_can_run_in_two_processes_of_their_own(world):
    world.approved()
    workspace = world.council.configuration.workspace
    with held(workspace.deliver_lock, "the deliver half"):
        world.run("prepare")
    assert world.stages() == [Stage.SEALED]
    with held(workspace.prepare_lock, "the prepare half"):
        world.run("deliver")
    assert world.stages() == [Stage.SEALED], "only prepare writes receipts"
    assert len(world.inbox()) == 3
    world.run("prepare")
    assert world.stages() == [Stage.DELIVERED]


def test_deliver_needs_neither_the_ledger_nor_a_key_of_prepare(world):
    world.approved()
    world.run("prepare")
    state = world.council.configuration.workspace.state
    away = state.with_name("prepare-elsewhere")
    (state / "prepare").rename(away)
    try:
        world.run("deliver")
        assert len(world.inbox()) == 3
    finally:
        away.rename(state / "prepare")


def test_a_route_whose_agreement_lapses_while_the_service_runs_stands_still_from_that_day_on(world, service):
    path = world.drop()
    service(path.with_name("pupils.csv.release").exists)
    page = world.council.home / "config" / "policies" / "yss.toml"
    text = page.read_text()
    day = text.split("review = ")[1].split()[0]
    page.write_text(text.replace(f"review = {day}", "review = 2026-11-23"))
    world.drop(b"", name="one.docx")  # a round that has begun goes on with the route as it was: this asks for another
    service(lambda: staff_read(world, "is suspended"))
    world.sign_both()
    world.drop(b"", name="two.docx")
    service(lambda: staff_read(world, "2 other file"))
    assert "is suspended" in world.waiting()
    assert world.stages() == [Stage.WAITING]
    assert world.inbox() == []


def test_a_person_who_is_taken_out_of_a_signers_file_counts_no_more_from_the_next_round_on(world, service):
    path = world.drop()
    service(path.with_name("pupils.csv.release").exists)
    world.council.configuration.workspace.signers("approve").write_text("# nobody\n")
    world.drop(b"", name="one.docx")  # a round that has begun goes on with the signers as they were
    service(lambda: staff_read(world, "1 other file"))
    world.sign_both()
    service(lambda: world.stages() == [Stage.REFUSED])
    assert world.inbox() == []


def test_staff_are_told_in_the_folder_that_its_route_stands_still(world):
    page = world.council.home / "config" / "gateway.toml"
    page.write_text(page.read_text().replace("demo = true", 'clock = "host"'))
    world.drop()
    world.run("prepare")
    assert "Not picked up: the route yss is suspended: nobody has signed it." in world.waiting()
    assert world.stages() == []
