"""Verbs through the desk: what a person sees is what they would see in place, and the receipt names the person."""

import json
import threading

import pytest

from gateway.service.desk.listening import bound, connected
from gateway.service.desk.peers import Peer
from gateway.service.desk.roles import ROLES
from gateway.vocabulary.errors import StorageError
from tests.unit.service.desk.conftest import CHILD, DPO

OPERATOR, ANALYST = (Peer(uid=1000, roles=frozenset({role})) for role in ("operator", "analyst"))
NOBODY = Peer(uid=1001, roles=frozenset())
EVERYBODY = Peer(uid=1002, roles=frozenset(ROLES))


def uids(council, *kinds):
    return [receipt.facts["uid"] for receipt in council.receipts(*kinds)]


def test_a_look_at_a_child_is_answered_and_receipted_with_the_uid_of_whoever_asked(council):
    with council.attended():
        spoken = council.type_in("consent", "show", stdin=CHILD)
    assert (spoken.code, spoken.err) == (0, "")
    assert spoken.out == "nothing is on record about this child: the statutory floor only\n"
    assert uids(council, "look-up") == [DPO.uid]


def test_without_a_service_the_same_verb_works_in_place_and_names_its_own_user(council):
    spoken = council.type_in("consent", "show", stdin=CHILD)
    assert spoken.code == 0
    assert uids(council, "look-up") != [DPO.uid]


def test_a_socket_that_nobody_listens_at_any_more_is_no_service(council):
    with council.attended():
        stale = council.socket.with_name("stale")
        stale.hardlink_to(council.socket)
    stale.rename(council.socket)
    assert council.type_in("consent", "show", stdin=CHILD).code == 0


def _turn_away(listener):
    listener.accept()[0].close()


def test_a_door_behind_which_is_no_prepare_is_no_service(council):
    """Whoever hands people over is there, and prepare is not: the connection ends before anybody attends."""
    with bound(council.socket, 0o600) as listener:
        door = threading.Thread(target=_turn_away, args=(listener,))
        door.start()
        spoken = council.type_in("todo")
        door.join()
    assert (spoken.code, "prepare ended" in spoken.err) == (3, False)
    assert spoken.out


def test_every_verb_gives_the_same_words_and_codes_in_place_and_at_the_desk(council):
    absent = "0" * 26
    typed = [
        (["disclosures", "--json"], CHILD), (["disclosures"], ""), (["disclosures", "--json", "--export", "x"], CHILD),
        (["incident", absent], ""), (["incident", absent, "--json"], ""), (["incident", "nonsense"], ""),
        (["hold", "list"], ""), (["hold", "lift", "7"], ""), (["consent", "show", "--json"], CHILD),
        (["consent", "show"], "shoe size: 38\n"), (["preview", "none.csv", "--route", "yss"], ""),
        (["consent", "import", "none.csv", "--as", "changes"], ""),
        (["receipts", "list"], ""), (["receipts", "show", absent], ""), (["receipts", "list", "--csv"], ""),
        (["purge", "--legal-hold", absent], ""), (["purge", "--lift", "x"], ""), (["purge", "--dry-run"], ""),
        (["purge", "--dry-run", "--legal-hold", absent], ""),
        (["status"], ""), (["status", "--nodes", "--json"], ""), (["todo"], ""), (["withdraw"], CHILD), (["withdraw"], ""),
        (["recall", absent, "--reason", "wrong-file"], ""), (["recall", absent, "--reason", "Wrong File"], ""),
        (["retry", absent], ""), (["resend", absent], ""), (["resolve", absent, "absent", "--reason", "asked"], ""),
        (["uploaded", absent, "--reference", "COLLECT-1"], ""), (["uploaded", "x", "--reference", "COLLECT-1"], ""),
    ]  # fmt: skip
    in_place = [council.type_in(*words, stdin=stdin) for words, stdin in typed]
    with council.attended(EVERYBODY):
        at_desk = [council.type_in(*words, stdin=stdin) for words, stdin in typed]
    assert at_desk == in_place
    assert len({spoken.code for spoken in in_place}) > 3


def test_a_command_that_is_typed_wrongly_never_comes_to_the_desk(council):
    came = []

    def answer(conversation, peer):
        came.append(peer)
        return 0

    with council.attended(answer=answer):
        assert council.type_in("hold", "add", "--reason", "no reason").code == 2
        assert council.type_in("disclosures", "--help").code == 0
        assert council.type_in("hold", "add", "--reason", "refuge", "Canaryname").code == 2
    assert came == []


@pytest.mark.parametrize(
    ("words", "peer"),
    [
        (("disclosures",), OPERATOR), (("disclosures",), ANALYST), (("consent", "show"), OPERATOR),
        (("hold", "list"), OPERATOR), (("hold", "add", "--reason", "other"), ANALYST), (("incident", "0" * 26), OPERATOR),
        (("preview", "x.csv", "--route", "yss", "--rules"), ANALYST), (("preview", "x.csv", "--route", "yss"), NOBODY),
        (("hold", "add", "--reason", "other"), NOBODY), (("withdraw",), ANALYST), (("todo",), ANALYST), (("status",), NOBODY),
        (("recall", "0" * 26, "--reason", "wrong-file"), ANALYST), (("retry", "0" * 26), DPO),
    ],
)  # fmt: skip
def test_who_may_not_is_told_which_group_may_and_nothing_is_looked_at(council, words, peer):
    with council.attended(peer):
        spoken = council.type_in(*words, stdin=CHILD)
    assert (spoken.code, spoken.out) == (4, "")
    assert "is for members of handoff-" in spoken.err
    assert "what to do: " in spoken.err
    assert council.receipts("look-up", "hold-added", "incident") == []


def test_a_refusal_is_an_object_where_objects_are_asked_for(council):
    with council.attended(NOBODY):
        spoken = council.type_in("disclosures", "--json", stdin=CHILD)
    assert json.loads(spoken.err)["error"]["kind"] == "refused"


def test_an_identifier_is_read_from_standard_input_and_a_hold_is_in_force(council):
    with council.attended(OPERATOR):
        spoken = council.type_in("hold", "add", "--reason", "refuge", stdin="uln: 1000000043\n")
    assert (spoken.code, spoken.out.splitlines()[0]) == (0, "hold 1 is in force")
    assert uids(council, "hold-added") == [OPERATOR.uid]
    assert "1000000043" not in council.log.getvalue()


def test_a_person_signs_with_their_own_key_which_never_leaves_their_process(council):
    reviewer = council.keep("reviewer", "hold.list")
    with council.attended():
        council.type_in("hold", "add", "--reason", "refuge", stdin="uln: 1000000043\n")
        spoken = council.type_in("hold", "list", "--key", reviewer, "--json")
    assert json.loads(spoken.out)[0]["reason"] == "refuge"


def test_a_stranger_to_the_signers_file_sees_no_hold_whatever_their_group(council):
    council.keep("reviewer", "hold.list")
    stranger = council.keep("stranger", "register.import")
    with council.attended():
        spoken = council.type_in("hold", "list", "--key", stranger)
    assert (spoken.code, spoken.out) == (70, "")
    assert council.receipts("look-up") == []


def test_a_key_that_cannot_be_read_is_the_persons_own_trouble(council):
    with council.attended():
        spoken = council.type_in("hold", "list", "--key", council.folder / "none.key")
    assert (spoken.code, spoken.out) == (66, "")


def test_two_people_lift_a_hold_with_the_papers_in_the_folder_they_are_in(council):
    first, second = council.keep("first"), council.keep("second")
    with council.attended():
        council.type_in("hold", "add", "--reason", "refuge", stdin="uln: 1000000043\n")
        assert council.type_in("hold", "lift", 1, "--key", first, "--yes").code == 3
        shown = council.type_in("hold", "lift", 1, "--key", second, stdin="no\n")
        assert shown.code == 3
        assert "nothing was signed" in shown.err
        lifted = council.type_in("hold", "lift", 1, "--key", second, stdin="yes\n")
    assert (lifted.code, lifted.out.splitlines()[-1]) == (0, "hold 1 is lifted")
    assert len(list(council.folder.glob("hold-1.register*.sig"))) == 2
    assert len(council.receipts("hold-lifted")[0].facts["signers"]) == 2


def test_a_page_is_written_by_whoever_asked_for_it_and_never_over_another(council):
    with council.attended():
        first = council.type_in("disclosures", "--export", "page.html", stdin=CHILD)
        again = council.type_in("disclosures", "--export", "page.html", stdin=CHILD)
    assert (first.code, again.code) == (0, 2)
    page = council.folder / "page.html"
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert page.stat().st_mode & 0o777 == 0o600
    assert len(council.receipts("look-up")) == 1, "nothing was looked up for a page that could not be written"


def test_what_prepare_says_in_other_alphabets_arrives_whole(council):
    def answer(conversation, peer):
        conversation.request()
        text = "żółć ✓ " * 60_000  # in pieces that end within a letter
        conversation.say("out", text.encode())
        return 0

    with council.attended(answer=answer):
        assert council.type_in("disclosures").out == "żółć ✓ " * 60_000


def test_several_people_are_served_at_once_and_one_with_too_many_is_told_that_it_is_busy(council):
    with council.attended():
        waiting = [connected(council.socket) for _ in range(5)]
        try:
            spoken = council.type_in("consent", "show", stdin=CHILD)
            assert spoken.code == 74
            assert "busy" in spoken.err
        finally:
            for sock in waiting:
                sock.close()


def test_prepare_that_goes_away_in_the_middle_is_told_as_such(council):
    def answer(conversation, peer):
        conversation.request()
        raise StorageError("the disk is full")

    with council.attended(answer=answer):
        spoken = council.type_in("disclosures", stdin=CHILD)
    assert spoken.code == 74
    assert "prepare ended before it had answered" in spoken.err


def test_a_defect_is_told_by_its_type_and_place_alone(council):
    council.home.joinpath("keys", "signers", "register").write_bytes(b"\xff\xfe")
    with council.attended():
        spoken = council.type_in("hold", "list", "--key", council.keep("x"))
    assert spoken.code not in (0, 4)
    assert "\xff" not in spoken.err


def test_who_is_in_every_group_may_everything(council):
    with council.attended(Peer(uid=1, roles=frozenset(ROLES))):
        assert council.type_in("consent", "show", stdin=CHILD).code == 0
