"""Somebody at the other end who means harm: a person to prepare, and what calls itself prepare to a person."""

import json
import socket
import threading
from contextlib import suppress

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.service.desk.conversation import Conversation
from gateway.service.desk.frames import Line
from gateway.vocabulary.errors import ExtractInvalid, FormatInvalid, StorageError
from gateway.vocabulary.namespaces import of_act
from tests.unit.service.desk.conftest import CHILD, DOMAIN

SECONDS = 20.0
REQUEST = {"type": "handoff-desk/v1", "words": ["consent", "show"], "terminals": []}


HERE = b'{"here":"handoff-desk/v1"}\n'


def answers(sock, members, data=b""):
    """Somebody attends, and is told this."""
    line = Line(sock)
    assert line.receive(SECONDS).text("here") == "handoff-desk/v1"
    line.send(members, data)
    return line


def until_ended(line):
    """All frames until the other end has ended."""
    frames = []
    while (frame := line.receive(SECONDS)) is not None:
        frames.append(frame)
    return frames


@pytest.mark.parametrize(
    "said",
    [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 40_000, b'{"type":"handoff-desk/v1"}\n', b'{"type":"x","words":["a"],"terminals":[]}\n'],
    ids=["http", "nothing", "half a request", "another version"],
)  # fmt: skip
def test_what_is_no_request_ends_without_a_word_and_without_a_receipt(council, knock, said):
    with council.attended():
        sock = knock()
        sock.settimeout(SECONDS)
        assert sock.recv(len(HERE)) == HERE
        sock.sendall(said)
        sock.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):  # what it did not read was thrown away
            assert sock.recv(100) == b""
    assert council.receipts("look-up") == []
    assert '"event": "desk-left"' in council.log.getvalue()


@pytest.mark.parametrize(
    "words",
    [["run"], ["keys", "rotate", "log"], ["../../bin/sh"], ["hold"], ["consent", "show", "extra"], ["gateway.cli.run"]],
)
def test_a_verb_that_the_desk_does_not_have_is_refused(council, knock, words):
    with council.attended():
        frames = until_ended(answers(knock(), REQUEST | {"words": words}))
    assert frames[-1].count("done") == 2
    assert council.receipts("look-up") == []


def test_a_path_that_prepare_could_read_is_not_read_by_it(council, knock):
    secret = council.home / "state" / "prepare" / "private" / "register.key"
    with council.attended():
        words = ["consent", "import", str(secret), "--as", "changes"]
        line = answers(knock(), REQUEST | {"words": words})
        wanted = []
        while "done" not in (frame := line.receive(SECONDS)).members:
            if "want" in frame.members:
                wanted.append(frame.text("want"))
                line.send({}, b"")
    assert set(wanted) == {"file"}, "the person's own process is asked, and gives nothing"


def test_a_page_is_not_written_by_prepare_wherever_it_is_to_be(council, knock, tmp_path):
    page = tmp_path / "page.html"
    with council.attended():
        line = answers(knock(), REQUEST | {"words": ["disclosures", "--export", str(page)]})
        wanted = []
        while "done" not in (frame := line.receive(SECONDS)).members:
            if "want" in frame.members:
                wanted.append(frame.text("want"))
                line.send({}, CHILD.encode() if wanted == ["page-taken", "input"] else b"")
    assert wanted[:2] == ["page-taken", "input"]
    assert wanted[-1] == "write-page"
    assert not page.exists()


@pytest.mark.parametrize("answer", [({}, b"x" * 70_000), ({"want": "input"}, b""), ({"say": "out"}, b"")])
def test_an_answer_that_is_none_ends_the_conversation(council, knock, answer):
    with council.attended():
        line = answers(knock(), REQUEST)
        assert line.receive(SECONDS).text("want") == "input"
        line.send(*answer)
        frames = until_ended(line)
    assert frames == [] or frames[-1].count("done") == 65
    assert council.receipts("look-up") == []


def test_who_leaves_in_the_middle_leaves_nothing_behind(council, knock):
    with council.attended():
        for _ in range(6):
            line = answers(sock := knock(), REQUEST)
            assert line.receive(SECONDS).text("want") == "input"
            sock.close()
            while council.log.getvalue().count("desk-left") == 0:
                threading.Event().wait(0.01)
            council.log.truncate(0)
            council.log.seek(0)
        assert council.type_in("consent", "show", stdin=CHILD).code == 0
    assert len(council.receipts("look-up")) == 1


def asking(ask):
    """A desk that asks the person for something, whatever the verb."""

    def answer(conversation: Conversation, peer) -> int:
        conversation.request()
        ask(conversation)
        return 0

    return answer


@pytest.mark.parametrize(
    "ask",
    [
        lambda desk: desk.signature(b"x" * 32, of_act("approve.yss", DOMAIN), shown=False),
        lambda desk: desk.signature(b"x" * 32, of_act("hold.list", "elsewhere.example"), shown=False),
        lambda desk: desk.signature(b"a statement to be signed", of_act("hold.list", DOMAIN), shown=False),
        lambda desk: desk.signature(b"x" * 32, of_act("hold.lift", DOMAIN), shown=True),
        lambda desk: desk.names(),
        lambda desk: desk.paper("hold-1.register", 100),
        lambda desk: desk.write_paper("hold-1.register", b"x"),
        lambda desk: desk.bring("file", 100),
        lambda desk: desk.page_is_taken(),
        lambda desk: desk.write_page(b"x"),
        lambda desk: desk._want({"want": "passphrase"}),
    ],
    ids=["a release", "another gateway", "no challenge", "another act", "names", "paper", "write", "file", "page", "page 2",
         "passphrase"],
)  # fmt: skip
def test_what_does_not_belong_to_the_verb_is_not_given(council, ask):
    given = []

    def told(desk):
        given.append(ask(desk))

    with council.attended(answer=asking(told)):
        spoken = council.type_in("hold", "list", "--key", council.keep("reviewer"))
    assert spoken.code == 65
    assert "does not belong to this verb" in spoken.err
    assert given == []
    assert [path.name for path in council.folder.iterdir()] == ["reviewer.key"]


@pytest.mark.parametrize(
    "name", ["../hold-1.register", "hold-1.register./../../x", "hold-11.register", "x", "hold-1.registers"]
)
def test_only_papers_about_the_hold_that_was_named_are_written_or_read(council, name):
    for ask in (lambda desk: desk.write_paper(name, b"x"), lambda desk: desk.paper(name, 100)):
        with council.attended(answer=asking(ask)):
            assert council.type_in("hold", "lift", "1", "--key", council.keep("first")).code == 65
    assert not (council.folder.parent / "hold-1.register").exists()


def test_a_statement_is_shown_to_whoever_signs_it_and_signed_only_when_they_agree(council):
    text, namespace = b"gateway: somewhere\nact: hold.lift\n", of_act("hold.lift", DOMAIN)
    signed = []

    def ask(desk):
        signed.append(desk.signature(text, namespace, shown=True))

    key = council.keep("first")
    with council.attended(answer=asking(ask)):
        spoken = council.type_in("hold", "lift", "1", "--key", key, stdin="no\n")
        assert "act: hold.lift" in spoken.out
        assert signed == []
        assert council.type_in("hold", "lift", "1", "--key", key, stdin="yes\n").code == 0
    assert len(signed) == 1


def test_names_are_told_of_papers_about_this_hold_alone(council):
    for name in ("hold-1.register", "hold-1.register.a.sig", "hold-12.register", "children of the refuge.csv"):
        (council.folder / name).write_text("x")
    told = []
    with council.attended(answer=asking(lambda desk: told.append(desk.names()))):
        council.type_in("hold", "lift", "1")
    assert told == [["hold-1.register", "hold-1.register.a.sig"]]


def test_a_file_that_changes_while_it_is_sent_is_no_extract(council):
    path = council.folder / "x.csv"
    path.write_bytes(b"upn\n" * 100)
    caught = []

    def ask(desk):
        desk.bring("file", 100)
        path.write_bytes(b"other\n")
        try:
            while desk.bring("file", 100):
                pass
        except ExtractInvalid as error:
            caught.append(error.message)

    with council.attended(answer=asking(ask)):
        council.type_in("preview", path, "--route", "yss")
    assert caught == ["the extract changed while it was read"]


@pytest.mark.parametrize("make", ["symlink_to", "hardlink_to"])
def test_an_extract_that_is_a_link_is_not_sent(council, make):
    (council.folder / "real.csv").write_bytes(b"upn\n")
    getattr(council.folder / "x.csv", make)(council.folder / "real.csv")
    sent = []
    with council.attended(answer=asking(lambda desk: sent.append(desk.bring("file", 100)))):
        council.type_in("preview", council.folder / "x.csv", "--route", "yss")
    assert sent == []


@pytest.mark.parametrize("data", [b"[1]", b"{}", b"nonsense", b"[" * 5000])
def test_a_list_of_names_that_is_none_is_not_taken_for_one(data):
    mine, theirs = socket.socketpair()
    with mine, theirs:
        Line(mine).send({}, data)
        with pytest.raises(FormatInvalid):
            Conversation(Line(theirs)).names()


def test_more_than_was_asked_for_is_not_taken():
    mine, theirs = socket.socketpair()
    with mine, theirs:
        Line(mine).send({}, b"more than ten bytes")
        with pytest.raises(FormatInvalid):
            Conversation(Line(theirs)).bring("file", 10)


def test_who_has_gone_has_no_more_to_say():
    mine, theirs = socket.socketpair()
    with mine, theirs:
        mine.shutdown(socket.SHUT_WR)
        with pytest.raises(StorageError, match="gone away"):
            Conversation(Line(theirs)).request()


def test_a_signature_that_is_none_counts_for_nobody(council, knock):
    council.keep("reviewer", "hold.list")
    with council.attended():
        line = answers(knock(), REQUEST | {"words": ["hold", "list", "--key", "k"]})
        assert line.receive(SECONDS).text("want") == "signature"
        line.send({}, SigningKey.generate_ed25519().sign(b"something else", of_act("hold.list", DOMAIN)).encode())
        frames = until_ended(line)
    assert frames[-1].count("done") == 70
    assert council.receipts("look-up") == []


def test_the_log_says_of_a_broken_conversation_who_and_why_and_no_word_of_it(council, knock):
    with council.attended():
        assert until_ended(answers(knock(), REQUEST | {"words": ["Canaryname"] * 65})) == []
    assert "Canaryname" not in council.log.getvalue()
    assert json.loads(council.log.getvalue())["code"] == "format-invalid"
