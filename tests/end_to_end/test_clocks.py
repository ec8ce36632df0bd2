"""What ages and ends is told by `todo` and `status`, warned before and alarmed after, on a gateway that runs."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.own_keys import LIFETIME
from tests.end_to_end.conftest import CENSUS, YSS


@pytest.fixture
def told(world, type_in):
    """The levels of one kind of concern now."""

    def levels(kind):
        return [one["level"] for one in json.loads(type_in("todo", "--json").out) if one["kind"] == kind]

    return levels


def test_a_refused_extract_that_lies_about_is_told_until_it_is_taken_away(world, told, type_in):
    world.drop(b"not,what,was,agreed\n1,2,3,4\n")
    world.run("prepare")
    assert told("refused") == []
    folder = world.council.drop_folder(YSS) / "refused"
    since = datetime.fromtimestamp(min(path.stat().st_ctime for path in folder.iterdir()), UTC)
    world.clock.at = since + timedelta(days=2, minutes=1)
    assert told("refused") == ["warning"]
    world.clock.at = since + timedelta(days=8, minutes=1)
    assert told("refused") == ["alarm"]
    assert type_in("status").code == 3
    world.run("prepare")  # unlinks it
    assert told("refused") == []


@pytest.mark.parametrize("place", ["yss/Canaryname.xlsx", "yss/folder/pupils.csv", "pupils.csv", "yess/pupils.csv"])
def test_a_file_that_nothing_picks_up_is_told_until_it_is_taken_away(world, told, type_in, place):
    path = world.council.configuration.workspace.outbox / place
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(world.extract())
    world.run("prepare")
    assert told("stray") == []
    world.clock.at = datetime.fromtimestamp(path.stat().st_ctime, UTC) + timedelta(days=1, minutes=1)
    assert told("stray") == ["warning"]
    assert "Canaryname" not in type_in("todo").out
    world.clock.turn(days=7)
    assert told("stray") == ["alarm"]
    path.unlink()
    if path.parent.name == "folder":
        path.parent.rmdir()
    assert told("stray") == []


@pytest.mark.parametrize(
    "place", ["handbook.pdf", ".DS_Store", "yss/pupils.csv.release", "yss/~$pupils.xlsx", "link.csv"]
)
def test_what_may_lie_there_is_nobodys_stray(world, told, place):
    path = world.council.configuration.workspace.outbox / place
    if place == "link.csv":
        path.symlink_to("/etc/hostname")
    else:
        path.write_bytes(b"x")
    world.clock.turn(days=3650)
    assert told("stray") == []


def test_a_key_of_our_own_that_comes_of_age_is_told(world, told):
    key = world.council.configuration.workspace.prepare_keys / "signing.key"

    def made(ago):
        at = (world.clock() - ago).timestamp()
        os.utime(key, (at, at))
        return told("own-key")

    assert made(LIFETIME - timedelta(days=31)) == []
    assert made(LIFETIME - timedelta(days=29)) == ["warning"]
    assert made(LIFETIME + timedelta(days=1)) == ["alarm"]


@pytest.mark.parametrize("acknowledgement", ["manual", "none"])
def test_a_return_that_lies_staged_is_told_until_it_is_uploaded(world, told, type_in, acknowledgement):
    (world.council.home / "staged").mkdir()
    page = world.council.home / "config" / "partners" / "returns-officer.toml"
    pages = page.read_text().split("[endpoint]")[0]
    pages = pages.replace('acknowledgement = "signed"', f'acknowledgement = "{acknowledgement}"')
    page.write_text(pages + '[endpoint]\nkind = "upload"\nfolder = "staged"\n')
    world.approved(route=CENSUS)
    world.run()
    assert told("staged") == ["warning"]
    world.clock.turn(days=2)
    world.run()
    assert told("staged") == ["alarm"]
    (transfer,) = world.transfers(CENSUS)
    assert f"gateway uploaded {transfer}" in type_in("todo").out
    assert type_in("uploaded", transfer, "--reference", "COLLECT-1").code == 0
    assert told("staged") == []


def test_a_clock_that_was_set_back_is_told(world, told):
    world.drop()
    world.run("prepare")
    world.clock.turn(minutes=-11)
    assert told("clock") == ["alarm"]


def test_a_partner_that_is_away_for_a_day_is_told_though_the_parcel_is_made_anew_every_few_hours(world, told):
    world.approved()
    world.run("prepare")
    for _ in range(6):
        world.clock.turn(hours=5)
        world.run("deliver")  # finds that its time is over, and takes it to nobody
        world.run("prepare")
    (transfer,) = world.transfers()
    assert world.ladder(transfer).count("sealed") > 3
    assert told("undelivered") == ["alarm"]
