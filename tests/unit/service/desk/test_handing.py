"""People handed over to a prepare that cannot see who they are: only by the one who may, and nothing but people."""

import array
import io
import json
import os
import socket
import stat
import threading
from contextlib import contextmanager

import pytest

from gateway.footing.telemetry import Telemetry
from gateway.service.desk.handing import accept_handed, attended, hand_over, is_handed_to, usher
from gateway.service.desk.listening import bound, connected
from gateway.service.desk.peers import Peer
from gateway.vocabulary.errors import FormatInvalid, StorageError
from tests.unit.service.desk.conftest import AT, CHILD

MESSAGE = {"type": "handoff-handed/v1", "uid": 1000, "roles": ["dpo"]}


@pytest.fixture
def workspace(council):
    """As systemd-tmpfiles makes it: the folder hands its group down."""
    made = council.configuration.workspace
    made.handed.parent.mkdir(mode=0o700)
    made.handed.parent.chmod(0o2750)
    return made


@contextmanager
def running(target, *arguments, **named):
    """In a thread, until the block ends; whatever went wrong in it is raised."""
    stop, ready, failed = threading.Event(), threading.Event(), []

    def work():
        try:
            target(*arguments, stop=stop, ready=ready.set, **named)
        except Exception as error:  # noqa: BLE001 - raised below
            failed.append(error)
            ready.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert ready.wait(60)
        yield
    finally:
        stop.set()
        thread.join()
    assert not failed


def test_who_asks_next_door_is_served_by_prepare_and_receipted_with_their_own_uid(council, workspace):
    with (
        attended(workspace, council.answer(), Telemetry(council.log, lambda: AT)),
        running(usher, workspace, look=0.01),
    ):
        assert stat.S_IMODE(workspace.handed.stat().st_mode) == 0o660
        assert stat.S_IMODE(workspace.desk.stat().st_mode) == 0o666
        spoken = council.type_in("consent", "show", stdin=CHILD)
    assert (spoken.code, spoken.err) == (0, "")
    assert [receipt.facts["uid"] for receipt in council.receipts("look-up")] == [os.getuid()]


def test_next_door_without_prepare_leaves_it_to_whoever_may_do_it_in_place(council, workspace):
    """An emergency, in which prepare was stopped, is no time to find every verb out of order."""
    with running(usher, workspace, look=0.01):
        spoken = council.type_in("consent", "show", stdin=CHILD)
    assert (spoken.code, spoken.err) == (0, "")
    (look,) = council.receipts("look-up")
    assert look.facts["uid"] == os.getuid()


def test_without_the_folder_prepare_itself_is_asked(council):
    workspace = council.configuration.workspace
    assert not is_handed_to(workspace)
    with attended(workspace, council.answer(), Telemetry(council.log, lambda: AT)):
        assert stat.S_IMODE(workspace.desk.stat().st_mode) == 0o660
        assert stat.S_IMODE(workspace.desk.parent.stat().st_mode) == 0o700
        assert council.type_in("consent", "show", stdin=CHILD).code == 0
    assert not workspace.desk.exists()


def test_a_folder_that_hands_down_no_group_is_not_for_handing(council):
    council.configuration.workspace.handed.parent.mkdir()
    assert not is_handed_to(council.configuration.workspace)


def test_a_desk_that_cannot_be_opened_is_told_and_holds_up_nothing(council):
    workspace = council.configuration.workspace
    workspace.desk.parent.mkdir()
    workspace.desk.mkdir()
    with attended(workspace, council.answer(), Telemetry(council.log, lambda: AT)):
        pass
    assert json.loads(council.log.getvalue())["event"] == "desk-closed"


def handed(workspace, message: bytes, *files) -> Peer:
    """What prepare makes of one message with these descriptors."""
    with bound(workspace.handed, 0o600) as listener, connected(workspace.handed) as giver:
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file.fileno() for file in files]))]
        giver.sendmsg([message], ancillary if files else [])
        person, peer = accept_handed(listener)
        person.close()
        return peer


@pytest.fixture
def person():
    mine, theirs = socket.socketpair()
    with mine, theirs:
        yield theirs


def test_who_is_handed_over_is_who_it_says(workspace, person):
    assert handed(workspace, json.dumps(MESSAGE).encode(), person) == Peer(uid=1000, roles=frozenset({"dpo"}))


def test_somebody_without_a_role_can_be_handed_over_too(workspace, person):
    assert handed(workspace, json.dumps(MESSAGE | {"roles": []}).encode(), person).roles == frozenset()


@pytest.mark.parametrize(
    "message",
    [
        b"", b"{}", b"nonsense", b"[" * 400, b"null", b"7", json.dumps(MESSAGE | {"uid": -1}).encode(),
        json.dumps(MESSAGE | {"uid": "0"}).encode(), json.dumps(MESSAGE | {"uid": True}).encode(),
        json.dumps(MESSAGE | {"roles": ["root"]}).encode(), json.dumps(MESSAGE | {"roles": "dpo"}).encode(),
        json.dumps(MESSAGE | {"roles": [["dpo"]]}).encode(), json.dumps(MESSAGE | {"type": "x"}).encode(),
        json.dumps(MESSAGE | {"more": 1}).encode(), json.dumps(MESSAGE).encode() + b" " * 600,
    ],
)  # fmt: skip
def test_a_message_that_says_anything_else_hands_nobody_over(workspace, person, message):
    with pytest.raises((FormatInvalid, OSError)):
        handed(workspace, message, person)


def test_one_person_at_a_time_and_a_person_at_all(workspace, person, tmp_path):
    message = json.dumps(MESSAGE).encode()
    with (tmp_path / "file").open("wb") as file, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as far:
        for files in ((), (person, person), (file,), (far,)):
            with pytest.raises(FormatInvalid):
                handed(workspace, message, *files)


def test_prepare_that_is_not_there_takes_nobody(workspace, person):
    with pytest.raises(OSError, match=r"No such file"):
        hand_over(person, Peer(uid=1, roles=frozenset()), workspace)


def test_a_socket_that_was_left_behind_is_replaced_and_a_path_of_any_length_will_do(tmp_path):
    path = tmp_path / ("long" * 20) / ("longer" * 10) / "desk.sock"
    for _ in range(2):
        with bound(path, 0o600), connected(path):
            left = path.with_name("left")
            left.hardlink_to(path)
        left.rename(path)
    with bound(path, 0o600), connected(path):
        pass
    assert not path.exists()


def test_a_folder_that_is_a_link_is_no_place_for_a_socket(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises((StorageError, OSError)), bound(tmp_path / "link" / "desk.sock", 0o600):
        pass


def test_a_log_says_when_somebody_left(council, workspace):
    log = io.StringIO()
    with attended(workspace, council.answer(), Telemetry(log, lambda: AT)):
        mine, theirs = socket.socketpair()
        with mine, theirs:
            hand_over(theirs, Peer(uid=77, roles=frozenset()), workspace)
            theirs.close()
            mine.shutdown(socket.SHUT_WR)
            while mine.recv(100):
                pass
    assert json.loads(log.getvalue())["uid"] == 77
