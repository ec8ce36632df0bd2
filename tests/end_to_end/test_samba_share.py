"""Staff drop their files over a share that our own machine serves: Samba holds open what is written, and the kernel tells us."""

import fcntl
import grp
import os
import pwd
import signal
import stat

import pytest

from gateway.footing.drop_folder import DropFolder, nobody_writes
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.namespaces import of_route
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS
from tests.simulators.samba import PATIENCE, PIECE, put_half, sharing, until
from tests.somebody_else import being, open_to_all

FILE = f"{YSS}/pupils.csv"
VETOED = ("Thumbs.db", "desktop.ini", ".DS_Store", "._pupils.csv")


@pytest.fixture
def share(world):
    with sharing(world.council.configuration.workspace.outbox) as there:
        yield there


def on_their_desktop(world, content):
    path = world.folder / "desktop.csv"
    path.write_bytes(content)
    return path


def put(world, share, content, name=FILE):
    share.put(on_their_desktop(world, content), name)


def dropped(world):
    return world.council.drop_folder(YSS) / "pupils.csv"


def statement(world):
    return dict(
        line.split(": ") for line in dropped(world).with_name("pupils.csv.release").read_text().splitlines()
    )  # fmt: skip


def is_stated(world, content):
    return statement(world)["extract-sha256"] == str(Digest.of(content))


def shorter(world):
    """Another extract: without the last child."""
    return b"".join(world.extract().splitlines(keepends=True)[:-1])


def cut_after_a_row(world):
    """The extract, with one address so long that a client that stops half way stops right after a row."""
    content = world.extract()
    end = content.rindex(b"\n", 0, PIECE) + 1
    first = content.index(b" Close,")
    return content[:first] + b"x" * (PIECE - end) + content[first:]


def test_a_handoff_over_a_samba_share(world, share):
    """With nothing but the share, in both directions."""
    put(world, share, world.extract())
    world.run("prepare")
    assert world.stages() == [Stage.WAITING]
    assert b"pupils.csv.release" in share.get(f"{YSS}/waiting.txt")
    text = share.get(f"{FILE}.release")
    for role, key in world.council.people.items():
        signature = key.sign(text, of_route(role, YSS, world.council.configuration.settings.domain))
        put(world, share, signature.encode("ascii"), f"{FILE}.release.{role}.sig")
    world.run()
    assert world.stages() == [Stage.DELIVERED]
    assert not share.does(f"get {FILE} -")
    (outcome,) = (dropped(world).parent / "outcomes").iterdir()
    assert share.get(f"{YSS}/outcomes/{outcome.name}") == outcome.read_bytes()


def test_a_file_that_is_being_put_waits_however_still_it_lies_and_is_stated_whole(world, share):
    content = world.extract()
    with share.putting(FILE) as client:
        put_half(client, dropped(world), content)
        world.clock.turn(days=2)
        world.run("prepare")
        assert world.stages() == []
        assert "still being written" in world.waiting()
        client.communicate(content[PIECE:], PATIENCE)
        assert client.returncode == 0
    world.run("prepare")
    assert world.stages() == [Stage.WAITING]
    assert is_stated(world, content)


def test_a_file_that_the_client_renames_once_it_is_there_is_stated_then(world, share):
    put(world, share, world.extract(), f"{FILE}.part")
    world.run("prepare")
    assert world.stages() == []
    assert "Nothing waits here." in world.waiting()
    assert share.does(f"rename {FILE}.part {FILE}")
    world.run("prepare")
    assert world.stages() == [Stage.WAITING]


def replaced_by_a_put(world, share, content):
    put(world, share, content)


def replaced_by_a_rename(world, share, content):
    """As programs save that write beside the file first."""
    put(world, share, content, f"{FILE}.tmp")
    assert share.does(f"rename {FILE}.tmp {FILE} -f")


@pytest.mark.parametrize("replace", [replaced_by_a_put, replaced_by_a_rename])
def test_what_a_client_replaces_is_stated_anew_and_the_old_statement_is_void(world, share, replace):
    put(world, share, world.extract())
    world.run("prepare")
    replace(world, share, shorter(world))
    world.run("prepare")
    assert sorted(world.stages()) == [Stage.REFUSED, Stage.WAITING]
    assert is_stated(world, shorter(world))


@pytest.mark.parametrize("replace", [replaced_by_a_put, replaced_by_a_rename])
def test_what_a_client_replaces_after_it_was_signed_does_not_leave(world, share, replace):
    put(world, share, world.extract())
    world.run("prepare")
    world.sign_both()
    replace(world, share, shorter(world))
    world.run()
    assert world.stages() == [Stage.REFUSED]
    assert world.inbox() == []
    assert "the file is not the one that the statement describes" in "".join(world.refused().values())


def test_while_a_client_puts_over_a_stated_file_no_statement_stands(world, share):
    put(world, share, world.extract())
    world.run("prepare")
    with share.putting(FILE) as client:
        put_half(client, dropped(world), shorter(world))
        world.run("prepare")
        assert world.stages() == [Stage.REFUSED]
        assert not dropped(world).with_name("pupils.csv.release").exists()
        assert "still being written" in world.waiting()
        client.communicate(shorter(world)[PIECE:], PATIENCE)
    world.run("prepare")
    assert sorted(world.stages()) == [Stage.REFUSED, Stage.WAITING]
    assert is_stated(world, shorter(world))


def half_by_one_who_vanishes(world, share, content):
    """Samba closes the file for him, and nothing tells it from one that has come whole."""
    before = len(world.stages())
    with share.putting(FILE) as client:
        put_half(client, dropped(world), content)
        world.run("prepare")
        assert len(world.stages()) == before

    def is_judged():
        world.run("prepare")
        return len(world.stages()) > before

    until(is_judged)


def test_half_a_file_of_a_client_that_vanished_is_refused_for_its_half_row_and_the_whole_one_is_stated(world, share):
    half_by_one_who_vanishes(world, share, world.extract())
    assert world.stages() == [Stage.REFUSED]
    assert "cells where 30 are expected" in "".join(world.refused().values())
    put(world, share, world.extract())
    world.run("prepare")
    assert sorted(world.stages()) == [Stage.REFUSED, Stage.WAITING]
    assert is_stated(world, world.extract())


def test_half_a_file_that_ends_with_a_row_is_stated_for_half_and_no_more_once_it_is_whole(world, share):
    content = cut_after_a_row(world)
    half_by_one_who_vanishes(world, share, content)
    assert is_stated(world, content[:PIECE])
    half = int(statement(world)["rows-at-most"])
    put(world, share, content)
    world.run("prepare")
    assert sorted(world.stages()) == [Stage.REFUSED, Stage.WAITING]
    assert is_stated(world, content)
    assert half < int(statement(world)["rows-at-most"])


def test_half_a_file_after_a_whole_one_wants_a_second_approver(world, share):
    world.approved()
    world.run()
    half_by_one_who_vanishes(world, share, cut_after_a_row(world))
    assert statement(world)["beyond-limits"] == "removals rows"


def test_a_client_that_writes_at_the_very_moment_when_we_ask_is_kept_waiting_and_not_turned_away(world, share):
    put(world, share, world.extract())
    with dropped(world).open("rb") as asking:
        fcntl.fcntl(asking, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(asking, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        with share.putting(FILE) as client:
            until(lambda: fcntl.fcntl(asking, fcntl.F_GETLEASE) == fcntl.F_UNLCK)  # somebody wants to write
            fcntl.fcntl(asking, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            client.communicate(shorter(world), PATIENCE)
            assert client.returncode == 0
    assert dropped(world).read_bytes() == shorter(world)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two people")
def test_what_staff_put_is_prepares_own_so_it_may_read_it_and_ask_who_writes():
    prepare, staff = pwd.getpwnam("daemon"), grp.getgrnam("users")
    with open_to_all() as path:
        os.chown(path, prepare.pw_uid, prepare.pw_gid)
        with sharing(path, account=prepare, group=staff) as share, DropFolder(path) as folder:
            with share.putting("pupils.csv") as client:
                put_half(client, path / "pupils.csv", bytes(2 * PIECE))
                assert answer_to(prepare.pw_uid, folder) is False
                client.communicate(b"", PATIENCE)
            assert answer_to(prepare.pw_uid, folder) is True
        status = (path / "pupils.csv").stat()
        assert (status.st_uid, status.st_gid) == (prepare.pw_uid, staff.gr_gid)
        assert stat.S_IMODE(status.st_mode) == 0o660


def answer_to(user, folder):
    with being(user), folder.opened("pupils.csv") as stream:
        return nobody_writes(stream)


@pytest.mark.parametrize("without", ["", "veto files"])
def test_what_desktops_litter_is_kept_out_by_samba_and_ignored_by_us(world, without):
    with sharing(world.council.configuration.workspace.outbox, without=without) as share:
        source = on_their_desktop(world, b"litter")
        for name in VETOED:
            assert share.does(f'put {source} "{YSS}/{name}"') is bool(without)
        for name in ("~$pupils.csv", ".~lock.pupils.csv#", "pupils.csv.crdownload"):
            share.put(source, f"{YSS}/{name}")
    assert {name for name in VETOED if (dropped(world).parent / name).exists()} == set(VETOED if without else ())
    world.run("prepare")
    assert world.stages() == []
    assert "Nothing waits here." in world.waiting()
    assert "Not picked up" not in world.waiting()
