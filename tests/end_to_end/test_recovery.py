"""What a crash at a named point leaves behind, and that the next round goes on from there.

The points are those of the docstrings in gateway/story; each test puts the folders and receipts
into the state that the point leaves.
"""

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from gateway.vocabulary.errors import ClockUntrusted
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS

LADDER = ["waiting", "arrived", "approved", "sealed", "delivered"]


def test_a1_a_copy_that_was_not_receipted_is_thrown_away_and_made_again(world):
    world.drop()
    world.run("prepare")
    (transfer,) = world.transfers()
    arrival = world.council.configuration.workspace.arrival(transfer)
    arrival.mkdir(mode=0o700)
    (arrival / "extract").write_bytes(b"half of it")
    world.sign_both()
    world.run()
    assert world.ladder(transfer) == LADDER


def test_a2_an_original_that_was_not_yet_taken_out_is_taken_out_without_a_word(world):
    world.drop()
    world.run("prepare")
    world.sign_both()
    folder = world.council.drop_folder(YSS)
    kept = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    (transfer,) = world.transfers()
    blocked = world.council.configuration.workspace.disclosures(f"{transfer}.parquet")
    blocked.mkdir()  # the disk says no after the claim: the transfer stands at approved
    assert world.run("prepare").faults
    assert world.stages() == [Stage.APPROVED]
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    blocked.rmdir()
    world.run()
    assert world.ladder(transfer) == LADDER
    assert world.refused() == {}
    assert not (folder / "pupils.csv").exists()


def test_c1_a_half_written_parcel_is_thrown_away_and_sealed_again(world):
    world.drop()
    world.run("prepare")
    world.sign_both()
    (transfer,) = world.transfers()
    draft = world.council.configuration.workspace.sealing(transfer)
    draft.mkdir(mode=0o700)
    (draft / f"{transfer}.age").write_bytes(b"age-encryption.org/v1\nhalf of it")
    world.run()
    assert world.ladder(transfer) == LADDER
    (received,) = world.partners[YSS].receive(world.clock())
    assert received.result == "accepted"


def test_c2_a_parcel_that_was_sealed_and_not_posted_is_posted_as_it_is(world):
    world.approved()
    world.run("prepare")
    (transfer,) = world.transfers()
    workspace = world.council.configuration.workspace
    posted = workspace.to_deliver / transfer
    envelope = (posted / f"{transfer}.json").read_bytes()
    shutil.move(posted, workspace.sealing(transfer))
    world.run()
    assert world.ladder(transfer) == LADDER
    assert (world.partners[YSS].files / "inbox" / f"{transfer}.json").read_bytes() == envelope


def test_a_parcel_that_somebody_took_out_of_the_mailbox_is_told_about_and_not_made_again(world):
    world.approved()
    world.run("prepare")
    (transfer,) = world.transfers()
    shutil.rmtree(world.council.configuration.workspace.to_deliver / transfer)
    rounds = world.run()
    assert [fault.exit_code for fault in rounds.faults] == [74]
    assert world.stages() == [Stage.SEALED]
    assert world.inbox() == []


def test_t1_a_statement_that_was_receipted_and_not_written_ends_and_another_is_written(world):
    path = world.drop()
    world.run("prepare")
    path.with_name("pupils.csv.release").unlink()
    world.run("prepare")
    assert sorted(world.stages()) == [Stage.REFUSED, Stage.WAITING]
    assert world.refused() == {}
    assert path.with_name("pupils.csv.release").exists()


def test_an_extract_that_staff_take_back_before_it_is_signed_ends_as_withdrawn(world):
    path = world.drop()
    world.run("prepare")
    path.unlink()
    world.run("prepare")
    assert world.stages() == [Stage.REFUSED]
    (transfer,) = world.transfers()
    assert world.facts(transfer, Stage.REFUSED)["reasons"] == ("withdrawn",)


def test_d3_what_was_delivered_and_not_yet_reported_is_found_there_and_reported(world):
    world.approved()
    world.run("prepare")
    world.run("deliver")
    workspace = world.council.configuration.workspace
    for path in workspace.from_deliver.iterdir():
        path.unlink()
    workspace.attempts.unlink()
    for path in workspace.attempts.parent.glob("attempts.sqlite-*"):
        path.unlink()
    world.run()
    (transfer,) = world.transfers()
    assert world.ladder(transfer) == LADDER
    assert world.facts(transfer, Stage.DELIVERED)["already_there"] is True
    assert len(world.inbox()) == 3


def test_a_clock_that_was_set_back_stops_everything(world):
    world.approved()
    world.clock.turn(days=-1)
    with pytest.raises(ClockUntrusted):
        world.run()
    assert world.stages() == [Stage.WAITING]


def test_a_clock_that_was_set_back_holds_what_is_sealed_already(world):
    world.approved()
    world.run("prepare")
    world.clock.turn(hours=-1)
    with pytest.raises(ClockUntrusted):
        world.run()
    assert world.inbox() == []


def test_a_copy_that_a_crashed_count_left_behind_is_gone_at_the_next_start(world):
    world.run("prepare")
    left = world.council.configuration.workspace.state / "prepare" / "stating" / ("0" * 26)
    left.mkdir(mode=0o700)
    (left / "extract").write_bytes(b"children")
    (left / ".extract.0123.tmp").write_bytes(b"children")
    world.run("prepare")
    assert not left.exists()


def test_an_extract_that_a_crash_left_behind_is_unlinked_on_its_clock_whatever_became_of_it(world):
    world.approved()
    world.run()
    (transfer,) = world.transfers()
    left = world.council.configuration.workspace.arrival(transfer)
    left.mkdir(mode=0o700)
    (left / "extract").write_bytes(b"children")
    world.run("prepare")
    assert left.exists()
    at = datetime.fromtimestamp(left.stat().st_ctime, UTC)
    world.clock.at = max(world.clock.at, at) + timedelta(days=8)
    world.run("prepare")
    assert not left.exists()


def test_an_extract_of_a_transfer_that_has_ended_is_gone_at_the_next_start(world):
    """A machine that thawed after another had done its work may have begun one."""
    world.approved()
    world.run()
    world.partners[YSS].receive(world.clock())
    world.run()
    (transfer,) = world.transfers()
    assert world.ladder(transfer)[-1] == Stage.ACKNOWLEDGED
    left = world.council.configuration.workspace.arrival(transfer)
    left.mkdir(mode=0o700)
    (left / "extract").write_bytes(b"children")
    world.run("prepare")
    assert not left.exists()


def test_a_report_of_a_route_that_stands_still_waits_and_is_heard_when_it_goes_on(world):
    world.approved()
    world.run("prepare")
    world.run("deliver")
    page = world.council.home / "config" / "policies" / "yss.toml"
    text = page.read_text()
    day = text.split("review = ")[1].split()[0]
    page.write_text(text.replace(f"review = {day}", "review = 2026-11-23"))
    world.run("prepare")
    reports = world.council.configuration.workspace.from_deliver
    assert list(reports.glob("*.json"))
    page.write_text(text)
    world.run("prepare")
    (transfer,) = world.transfers()
    assert world.ladder(transfer)[-1] == "delivered"
    assert not list(reports.iterdir())


def test_a3_papers_whose_extract_was_taken_out_are_taken_away_and_remarks_with_them(world):
    world.approved()
    folder = world.council.drop_folder(YSS)
    kept = {path.name: path.read_bytes() for path in folder.glob("pupils.csv.release*")}
    world.run("prepare")
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    (folder / "pupils.csv.handoff.toml").write_text("")
    world.run("prepare")
    assert not list(folder.glob("pupils.csv*"))
    assert world.stages() == [Stage.SEALED]


def test_papers_of_an_extract_that_staff_took_back_go_and_their_remarks_stay_with_them(world):
    path = world.drop()
    world.run("prepare")
    path.with_name("pupils.csv.handoff.toml").write_text("")
    path.unlink()
    world.run("prepare")
    assert [left.name for left in world.council.drop_folder(YSS).glob("pupils.csv*")] == ["pupils.csv.handoff.toml"]


def test_a_statement_that_waits_or_is_nobodys_stays_where_it_lies(world):
    world.drop()
    world.run("prepare")
    folder = world.council.drop_folder(YSS)
    (folder / "other.csv.release").write_text("no statement of ours\n")
    world.run("prepare")
    assert (folder / "pupils.csv.release").exists()
    assert (folder / "other.csv.release").exists()
    assert world.stages() == [Stage.WAITING]


def test_an_answer_to_a_parcel_that_nobody_saw_delivered_unlinks_the_extract_as_well(world):
    world.approved()
    world.run("prepare")
    world.run("deliver")
    workspace = world.council.configuration.workspace
    for path in workspace.from_deliver.iterdir():
        path.unlink()
    world.partners[YSS].receive(world.clock())
    world.run()
    (transfer,) = world.transfers()
    assert world.ladder(transfer) == [*LADDER[:-1], "acknowledged"]
    assert not workspace.arrival(transfer).exists()
    assert not workspace.stating(transfer).exists()
