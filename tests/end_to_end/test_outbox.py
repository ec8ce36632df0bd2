"""Whatever staff, their programs and their disks do to a drop folder: picked up, left and told of, or refused; never followed."""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS, a_world
from tests.required import missing

SETTLED = {"seconds": 30}


def folder_of(world):
    return world.council.drop_folder(YSS)


def another(world, number):
    """An extract of its own: without the last so many children."""
    return b"".join(world.extract().splitlines(keepends=True)[: -number or None])


def written_in_pieces(path, content):
    with path.open("wb") as stream:
        for block in (content[:100], content[100:]):
            stream.write(block)
            stream.flush()


def renamed_into_place(path, content):
    path.with_name(".half.tmp").write_bytes(content)
    path.with_name(".half.tmp").rename(path)


def moved_in_from_elsewhere(path, content):
    elsewhere = path.parent.parent / "elsewhere.csv"
    elsewhere.write_bytes(content)
    elsewhere.rename(path)


def copied_by_a_desktop(path, content):
    """The final size first, the content after that, and the source's own, old, time at the end."""
    path.touch()
    os.truncate(path, len(content))
    with path.open("r+b") as stream:
        stream.write(content)
    os.utime(path, (1, 1))


def test_an_extract_is_picked_up_in_whichever_way_it_appeared_before_the_start(world):
    ways = (written_in_pieces, renamed_into_place, moved_in_from_elsewhere, copied_by_a_desktop)
    for number, appear in enumerate(ways):
        appear(folder_of(world) / f"{appear.__name__}.csv", another(world, number))
    world.clock.turn(**SETTLED)
    world.run("prepare")
    assert world.stages() == [Stage.WAITING] * len(ways)


def test_a_file_that_somebody_still_writes_waits_however_old_it_is(world):
    with (folder_of(world) / "pupils.csv").open("wb") as stream:
        stream.write(world.extract())
        stream.flush()
        world.clock.turn(days=2)
        world.run("prepare")
        assert world.stages() == []
        assert "still being written" in world.waiting()
    world.run("prepare")
    assert world.stages() == [Stage.WAITING]


def test_a_folder_that_was_moved_in_is_left_and_counted_and_nothing_in_it_is_read(world):
    inside = world.folder / "november"
    inside.mkdir()
    (inside / "pupils.csv").write_bytes(world.extract())
    inside.rename(folder_of(world) / "november")
    world.run("prepare")
    assert world.stages() == []
    assert "1 other file(s)" in world.waiting()
    assert (folder_of(world) / "november" / "pupils.csv").exists()


def symlink(path, secret):
    path.symlink_to(secret)


def hard_link(path, secret):
    path.hardlink_to(secret)


def fifo(path, secret):
    os.mkfifo(path)


def folder(path, secret):
    path.mkdir()


def unix_socket(path, secret):
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's address is short
        try:
            listener.bind(path.name)
        finally:
            os.chdir(here)


def device(path, secret):
    if os.geteuid() != 0:
        missing("a device needs root")
    os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero, which never ends


def test_traps_are_left_where_they_are_and_told_of_and_hold_up_nobody(world):
    secret = world.folder / "secret.csv"
    secret.write_bytes(world.extract())
    traps = (symlink, fifo, folder, unix_socket, *((device,) if os.geteuid() == 0 else ()))
    for trap in traps:
        trap(folder_of(world) / f"a-{trap.__name__}.csv", secret)
    hard_link(folder_of(world) / "a-hard_link.csv", world.folder / "secret.csv")
    world.drop()
    world.run("prepare")
    assert world.stages() == [Stage.WAITING]
    note = world.waiting()
    assert note.count("Not picked up: ") == len(traps) + 1
    assert "the file is a link, or cannot be opened. What to do: put the file itself there." in note
    for trap in (*traps, hard_link):
        assert f"a-{trap.__name__}.csv" in note
        assert os.path.lexists(folder_of(world) / f"a-{trap.__name__}.csv")
    assert secret.read_bytes() == world.extract()


@pytest.mark.parametrize(
    ("paper", "trap"),
    [
        ("pupils.csv.release", symlink), ("pupils.csv.release", fifo), ("pupils.csv.release.x.sig", symlink),
        ("pupils.csv.release.x.sig", folder), ("pupils.csv.handoff.toml", hard_link),
    ],
)  # fmt: skip
def test_a_trap_in_a_papers_place_releases_nothing_and_is_not_read(world, paper, trap):
    secret = world.folder / "secret"
    secret.write_bytes(b"gateway: secret\n")
    world.drop()
    if paper != "pupils.csv.release":
        world.run("prepare")
        world.sign_both()
    trap(folder_of(world) / paper, secret)
    world.run("prepare")
    assert not set(world.stages()) & {Stage.APPROVED, Stage.SEALED}
    assert secret.read_bytes() == b"gateway: secret\n"
    assert "secret" not in world.log.getvalue()


def test_names_that_play_tricks_are_left_counted_and_never_repeated(world):
    names = ("new\nline.csv", "tab\t.csv", "\x1b[2J.csv", "back\\slash.csv", "stream:ads.csv", "a" * 240 + ".doc")
    for name in names:
        (folder_of(world) / name).write_bytes(world.extract())
    world.run("prepare")
    assert world.stages() == []
    assert "6 other file(s)" in world.waiting()
    assert [name for name in names if name in world.waiting()] == []


def test_a_name_that_is_no_text_is_left_and_counted(world):
    (Path(os.fsdecode(os.fsencode(folder_of(world)) + b"/bad\xff.csv"))).write_bytes(world.extract())
    world.run("prepare")
    assert world.stages() == []
    assert "1 other file(s)" in world.waiting()


def test_odd_names_are_names(world):
    names = ("-rf.csv", "$(reboot).csv", "'; drop table.csv", "ünïcödé ✓.csv", "x" * 180 + ".csv")
    for number, name in enumerate(names):
        (folder_of(world) / name).write_bytes(another(world, number))
    world.run("prepare")
    assert world.stages() == [Stage.WAITING] * len(names)
    assert [name for name in names if not (folder_of(world) / f"{name}.release").exists()] == []


def test_a_file_of_terabytes_is_refused_by_its_size_and_not_by_reading_it(world):
    with (folder_of(world) / "pupils.csv").open("wb") as stream:
        stream.truncate(1 << 42)
    world.run("prepare")
    assert "larger than" in world.waiting()
    assert world.stages() == []


def test_who_holds_the_file_open_and_writes_after_the_claim_changes_nothing_that_leaves(world):
    """No rename and no lease takes a descriptor away from whoever has it: only our own copy is judged."""
    path = world.drop()
    with path.open("r+b") as writer:
        writer.flush()
        os.fsync(writer.fileno())
        world.clock.turn(**SETTLED)
        reader = os.open(path, os.O_RDONLY)
        writer.close()
        world.run("prepare")
        world.sign_both()
        reopened = os.open(f"/proc/self/fd/{reader}", os.O_WRONLY)
        world.run("prepare")
        assert world.stages() == [Stage.SEALED]
        os.write(reopened, b"Zebedee,Canaryname\n")
        os.close(reopened)
        os.close(reader)
    arrival = world.council.configuration.workspace.arrival(world.transfers()[0])
    assert b"Canaryname" not in (arrival / "extract").read_bytes()
    world.run()
    assert world.stages() == [Stage.DELIVERED]


def test_who_writes_between_the_signature_and_the_claim_has_another_file_than_was_signed(world):
    path = world.drop()
    world.run("prepare")
    world.sign_both()
    with path.open("ab") as stream:
        stream.write(b"x\n")
    world.run()
    assert not set(world.stages()) & {Stage.APPROVED, Stage.SEALED, Stage.DELIVERED}
    assert world.inbox() == []


def test_an_outbox_on_another_disk_than_the_state_is_claimed_by_copying(tmp_path):
    memory = Path("/dev/shm")  # noqa: S108 - a private folder in it
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        missing("there is no second file system to put an outbox on")
    with tempfile.TemporaryDirectory(dir=memory, prefix="handoff-outbox-") as elsewhere, a_world(tmp_path) as world:
        outbox = world.council.configuration.workspace.outbox
        outbox.rename(outbox.with_name("outbox-before"))
        outbox.symlink_to(elsewhere)
        for name in (YSS, "dfe-school-census"):
            for part in ("refused", "outcomes"):
                (Path(elsewhere) / name / part).mkdir(parents=True)
        world.approved()
        world.run()
        assert world.stages() == [Stage.DELIVERED]
        assert not (folder_of(world) / "pupils.csv").exists()
        world.drop(b"not,an,extract\n1,2,3\n", name="other.csv")
        world.run()
        assert [name for name in world.refused() if name.endswith(".txt")]


def test_an_outbox_that_is_away_for_a_while_withdraws_nothing(world):
    """Unmounted, the place of an outbox looks like an empty one; what waits in it waits still."""
    world.approved()
    outbox = world.council.configuration.workspace.outbox
    outbox.rename(outbox.with_name("not-mounted"))
    outbox.mkdir()
    done = world.run()
    assert "the drop folder yss cannot be opened" in {fault.message for fault in done.faults}
    assert world.stages() == [Stage.WAITING]
    assert list(outbox.iterdir()) == []
    outbox.rmdir()
    outbox.with_name("not-mounted").rename(outbox)
    world.run()
    assert world.stages() == [Stage.DELIVERED]


def test_one_folder_that_was_taken_away_stops_no_other_route(world):
    world.approved(route="dfe-school-census")
    folder_of(world).rename(folder_of(world).with_name("elsewhere"))
    world.run()
    assert world.stages("dfe-school-census") == [Stage.DELIVERED]
    folder_of(world).mkdir()
    world.drop()
    world.run("prepare")
    assert world.stages() == [Stage.WAITING], "made anew by hand, it is used again"


def test_many_at_once_are_all_told_of(world):
    for number in range(2_000):
        (folder_of(world) / f"{number}.docx").touch()
    for number in range(5):
        world.drop(another(world, number), name=f"{number}.csv")
    world.run("prepare")
    assert world.stages() == [Stage.WAITING] * 5
    assert "2000 other file(s)" in world.waiting()


def test_a_mount_over_a_drop_folder_hides_it_and_what_waits_is_not_lost(tmp_path):
    """In a mount namespace of its own: root only."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
        missing("mounting needs root, and a machine that lets us")
    with a_world(tmp_path) as world:
        world.approved()
        home, outbox = world.council.home, world.council.configuration.workspace.outbox
        script = f"mount -t tmpfs tmpfs '{outbox}' && exec '{sys.executable}' -m gateway --home '{home}' run --once --only prepare"
        hidden = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert "the drop folder yss cannot be opened" in hidden.stderr
        assert world.stages() == [Stage.WAITING]
        world.run()
        assert world.stages() == [Stage.DELIVERED]
