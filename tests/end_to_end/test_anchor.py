"""A ledger restored from yesterday is found out by the anchor or by a partner, waits, and sends nothing."""

import json
import shutil
import subprocess

import pytest

from gateway.vocabulary.errors import LogBroken, StorageError
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS


@pytest.fixture
def anchored(world):
    page = world.council.home / "config" / "gateway.toml"
    page.write_text(f'anchor = "{world.folder}/elsewhere.jsonl"\n' + page.read_text())
    return world


@pytest.fixture
def anchor(anchored):
    return anchored.folder / "elsewhere.jsonl"


def lines(anchor):
    return [json.loads(line).splitlines()[1] for line in anchor.read_text().splitlines()]


def ledger_files(world):
    path = world.council.configuration.workspace.ledger
    return [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]


def backed_up(world, folder):
    folder.mkdir()
    for file in ledger_files(world):
        if file.exists():
            shutil.copy2(file, folder)


def restored(world, folder):
    for file in ledger_files(world):
        file.unlink(missing_ok=True)
        if (folder / file.name).exists():
            shutil.copy2(folder / file.name, file)


def test_each_round_that_wrote_receipts_is_anchored_once(anchored, anchor, type_in):
    anchored.drop()
    type_in("run", "--once", "--only", "prepare")
    first = lines(anchor)
    type_in("run", "--once", "--only", "prepare")
    assert lines(anchor) == first
    assert anchor.stat().st_mode & 0o777 == 0o600


def test_a_restored_ledger_waits_and_sends_nothing_until_the_newest_one_is_back(anchored, anchor, type_in, tmp_path):
    anchored.drop()
    type_in("run", "--once", "--only", "prepare")
    backed_up(anchored, tmp_path / "yesterday")
    anchored.sign_both()
    type_in("run", "--once")
    assert len(anchored.inbox()) == 3
    backed_up(anchored, tmp_path / "today")
    before = lines(anchor)

    restored(anchored, tmp_path / "yesterday")
    anchored.drop(name="again.csv")
    spoken = type_in("run", "--once")
    assert spoken.code == 70
    assert "the anchor has seen a log of" in spoken.err
    assert len(anchored.inbox()) == 3
    assert lines(anchor) == before
    (concern,) = [one for one in json.loads(type_in("todo", "--json").out) if one["kind"] == "log"]
    assert "restore the newest backup" in concern["to_do"]

    restored(anchored, tmp_path / "today")
    assert type_in("run", "--once", "--only", "prepare").code == 0
    assert Stage.DELIVERED in anchored.stages(YSS)


def test_a_backup_as_the_handbook_types_it_is_whole_while_the_service_has_the_ledger_open(
    anchored, type_in, stock_tool, tmp_path
):
    ledger, backup = ledger_files(anchored)[0], tmp_path / "before-upgrade.sqlite"
    anchored.approved()
    with (
        anchored.opened() as gateway,
        gateway.ledger.reading(),
    ):  # so that what is newest stands in the log beside the file
        type_in("run", "--once", "--only", "prepare")
        typed = [stock_tool("sqlite3"), ledger, f".backup {backup}"]
        subprocess.run(typed, check=True, timeout=60, umask=0o077)
    for file in ledger_files(anchored):
        file.unlink(missing_ok=True)
    shutil.copy2(backup, ledger)
    verified = type_in("receipts", "verify")
    assert verified.code == 0, verified.err
    anchored.run()
    assert anchored.stages() == [Stage.DELIVERED]
    assert len(anchored.inbox()) == 3


@pytest.mark.parametrize("line", ["{}", "not json", '"council.example/handoff\\n1\\nAAAA\\n\\n"'])
def test_what_somebody_else_wrote_into_the_anchor_stops_everything(anchored, anchor, type_in, line):
    anchor.write_text(line + "\n")
    anchored.drop()
    spoken = type_in("run", "--once", "--only", "prepare")
    assert (spoken.code, "find out who wrote there" in spoken.err) == (LogBroken.exit_code, True)
    assert anchored.transfers() == []


def test_a_line_that_a_crash_cut_short_is_overlooked(anchored, anchor, type_in):
    anchored.drop()
    type_in("run", "--once", "--only", "prepare")
    with anchor.open("a") as stream:
        stream.write('"council.exam')
    anchored.sign_both()
    assert type_in("run", "--once", "--only", "prepare").code == 0
    assert len(anchor.read_text().splitlines()) > 2, "the line that was cut stands by itself"
    assert type_in("run", "--once", "--only", "prepare").code == 0


def test_an_anchor_that_cannot_be_read_stops_everything(anchored, anchor, type_in):
    anchor.mkdir()
    anchored.drop()
    assert type_in("run", "--once", "--only", "prepare").code == StorageError.exit_code
    assert anchored.transfers() == []


@pytest.fixture
def restored_after_an_answer(world, tmp_path):
    """Yesterday's ledger, and the partner's answer to what left since; the paths of today's copy and of the answer."""
    world.drop()
    world.run("prepare")
    backed_up(world, tmp_path / "yesterday")
    world.sign_both()
    world.run("prepare", "deliver")
    world.partners[YSS].receive(world.clock())
    backed_up(world, tmp_path / "today")
    (answer,) = (world.folder).rglob("*.ack.json")
    answer = shutil.copy(answer, tmp_path / "answer.json")
    restored(world, tmp_path / "yesterday")
    return world, tmp_path / "today", answer


def test_a_restored_ledger_is_found_out_by_what_the_partner_cosigned_and_waits(restored_after_an_answer, type_in):
    world, today, answer = restored_after_an_answer
    spoken = type_in("receipts", "witness", answer, "--route", YSS)
    assert spoken.code == 70
    assert "has seen a log of" in spoken.err
    before = world.inbox()
    type_in("run", "--once")
    assert world.inbox() == before, "nothing is sent, least of all twice"
    assert json.loads(type_in("todo", "--json").out)[0]["kind"] == "log"
    restored(world, today)
    assert type_in("receipts", "witness", answer, "--route", YSS).code == 0


@pytest.mark.parametrize("content", [b"", b"{}", b"{\n", b"council.example\n1\nAAAA\n\n", bytes(300)])
def test_what_no_partner_cosigned_is_not_believed(world, type_in, tmp_path, content):
    (tmp_path / "note").write_bytes(content)
    assert type_in("receipts", "witness", tmp_path / "note", "--route", YSS).code in (65, 70)


@pytest.mark.parametrize("words", [("note", "--route", "not-there"), ("no-file", "--route", YSS)])
def test_a_route_or_a_file_that_there_is_not_is_a_usage_error(world, type_in, tmp_path, words):
    (tmp_path / "note").write_bytes(b"any")
    assert type_in("receipts", "witness", tmp_path / words[0], *words[1:]).code == 2
