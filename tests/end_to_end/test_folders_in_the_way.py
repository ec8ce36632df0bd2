"""Whoever may write in one route's drop folder holds up nobody else's handoffs, and nothing that must be unlinked."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from gateway.story.purging import oldest_refused
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS


def test_a_folder_below_refused_keeps_nothing_from_being_purged(world):
    world.drop(b"no table\n", name="bad.csv")
    world.run("prepare")
    refused = world.council.drop_folder(YSS) / "refused"
    assert list(refused.glob("*bad.csv"))
    (refused / "0-mine").mkdir()
    world.clock.at = max(world.clock.at, datetime.now(UTC)) + timedelta(days=8)
    rounds = world.run("prepare")
    assert rounds.faults == ()
    with world.opened() as gateway:
        assert oldest_refused(gateway.workspace, YSS) is None
    assert [path.name for path in refused.iterdir()] == ["0-mine"]


def test_a_folder_in_a_signatures_place_holds_up_nobody_else(world):
    path = world.drop()
    world.run("prepare")
    path.with_name("pupils.csv.release.sig").mkdir()
    rows = world.extract().splitlines(keepends=True)
    world.drop(b"".join(rows[:-1]), name="zz.csv")
    world.run("prepare")
    world.sign_both(name="zz.csv")
    rounds = world.run()
    assert Stage.DELIVERED in world.stages()
    assert rounds.faults == ()


@pytest.mark.parametrize("kind", ["file", "dangling"])
def test_who_replaces_the_folder_of_what_was_refused_holds_up_no_other_route(world, kind):
    refused = world.council.drop_folder(YSS) / "refused"
    shutil.rmtree(refused)
    if kind == "file":
        refused.write_text("x")
    else:
        refused.symlink_to("nowhere")
    world.approved(route=CENSUS)
    world.run()
    assert world.stages(CENSUS) == [Stage.DELIVERED]


@pytest.mark.parametrize("kind", ["file", "link"])
def test_who_replaces_the_folder_of_outcomes_holds_up_no_other_route(world, kind):
    world.approved()
    outcomes = world.council.drop_folder(YSS) / "outcomes"
    shutil.rmtree(outcomes)
    if kind == "file":
        outcomes.write_text("x")
    else:
        outcomes.symlink_to(world.folder)
    world.run()
    world.approved(route=CENSUS)
    rounds = world.run()
    assert world.stages(CENSUS) == [Stage.DELIVERED]
    assert rounds.faults
    outcomes.unlink()
    world.run()
    assert len(list(outcomes.iterdir())) == 1


def test_a_folder_in_a_notes_place_on_a_route_that_stands_still_holds_up_no_other(world):
    world.run("prepare")
    page = world.council.home / "config" / "policies" / "yss.toml"
    text = page.read_text()
    day = text.split("review = ")[1].split()[0]
    page.write_text(text.replace(f"review = {day}", "review = 2026-11-23"))
    waiting = world.council.drop_folder(YSS) / "waiting.txt"
    waiting.unlink(missing_ok=True)
    waiting.mkdir()
    world.drop()
    world.approved(route=CENSUS)
    world.run()
    assert world.stages(CENSUS) == [Stage.DELIVERED]
