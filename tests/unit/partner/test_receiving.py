"""A round of the receiver: taken over once, answered always, strangers never."""

import os
from datetime import timedelta

import pytest

from gateway.crypto.age import generate_identity
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.lock import held
from gateway.partner.receiving import LOCK
from gateway.seal.sealing import Addressee
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StorageError, UsageError
from gateway.vocabulary.parcel import acknowledgement_names, names_of
from tests.simulators.council import CSV, ME, Council


def test_a_parcel_is_taken_over_answered_and_cleared_away(partnership):
    transfer = partnership.send()
    envelope = Digest.of(partnership.copy_of(transfer)[f"{transfer}.json"])
    assert partnership.received().result == "accepted"
    assert set(partnership.shown()) == {
        f"{transfer}.csv", f"{transfer}.manifest.json", f"{transfer}.manifest.json.sig"
    }  # fmt: skip
    assert partnership.shown()[f"{transfer}.csv"] == CSV
    answer = partnership.answer(transfer)
    assert (answer.disposition, answer.code, answer.rows, answer.recipient) == ("accepted", None, 2, ME)
    assert (answer.transfer, answer.envelope) == (transfer, envelope)
    assert answer.manifest == Digest.of(partnership.shown()[f"{transfer}.manifest.json"])
    assert list(partnership.inbox.iterdir()) == []


def test_what_was_received_is_ours_alone(partnership):
    partnership.send()
    partnership.receive()
    for path in (partnership.home / "received").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_of_what_was_opened_stays_behind(partnership):
    partnership.send()
    partnership.send(sequence=2, rows=9)
    partnership.receive()
    assert {path.name.split("-")[0] for path in (partnership.home / "state").iterdir()} == {"lock", "memory.sqlite"}


def test_an_empty_inbox_is_no_work(partnership):
    assert partnership.receive() == []


def test_parcels_are_taken_in_the_order_of_their_numbers(partnership):
    transfers = {number: partnership.send(sequence=number) for number in (3, 1, 2)}
    assert [one.transfer for one in partnership.receive()] == [transfers[n] for n in (1, 2, 3)]
    assert len(partnership.shown()) == 9


def test_a_gap_waits_unanswered_until_it_is_closed(partnership):
    later = partnership.send(sequence=2)
    waiting = partnership.received()
    assert (waiting.result, waiting.code) == ("waits", "sequence-gap")
    assert list(partnership.acknowledgements.iterdir()) == []
    assert partnership.shown() == {}
    partnership.send(sequence=1)
    assert [one.result for one in partnership.receive()] == ["accepted", "accepted"]
    assert partnership.answer(later).disposition == "accepted"


def test_a_person_can_end_a_wait(partnership):
    partnership.send(sequence=5)
    assert partnership.received().result == "waits"
    with (partnership.home / "receiver.toml").open("a") as page:
        page.write("first = { yss = 5 }\n")
    assert partnership.received().result == "accepted"


def test_routes_do_not_wait_for_each_other(partnership):
    partnership.send(sequence=2)
    partnership.send(route="dfe-school-census", file_name="census.xml", sequence=1)
    assert sorted(one.result for one in partnership.receive()) == ["accepted", "waits"]


def test_an_older_number_is_rejected(partnership):
    for number in (1, 2):
        partnership.send(sequence=number)
    partnership.receive()
    old = partnership.send(sequence=1)
    assert partnership.received().code == "sequence-old"
    assert partnership.answer(old).code == "sequence-old"
    assert f"{old}.csv" not in partnership.shown()


def test_a_parcel_that_comes_again_is_answered_alike_and_written_once(partnership):
    transfer = partnership.send()
    files = partnership.copy_of(transfer)
    partnership.receive()
    first, shown = partnership.answer_bytes(transfer), partnership.shown()
    partnership.put(files)
    partnership.at += timedelta(days=3)
    again = partnership.received()
    assert (again.result, again.code) == ("repeated", None)
    assert partnership.answer_bytes(transfer) == first
    assert partnership.shown() == shown
    assert list(partnership.inbox.iterdir()) == []


def test_an_answer_that_was_taken_away_is_given_again(partnership):
    transfer = partnership.send()
    files = partnership.copy_of(transfer)
    partnership.receive()
    first = partnership.answer_bytes(transfer)
    for name in acknowledgement_names(transfer):
        (partnership.acknowledgements / name).unlink()
    partnership.put(files)
    partnership.receive()
    assert partnership.answer_bytes(transfer) == first


def test_another_parcel_under_an_answered_transfer_is_a_replay(partnership):
    transfer = partnership.send()
    partnership.receive()
    partnership.send(b"reference\nother\n", transfer=transfer, rows=1)
    again = partnership.received()
    assert (again.result, again.code) == ("repeated", "replayed")
    assert partnership.shown()[f"{transfer}.csv"] == CSV


@pytest.mark.parametrize(("changed", "code"), [
    ({"expires": timedelta(0)}, "expired"), ({"rows": 3}, "rows-differ"),
    ({"recipients": (Addressee(id="somebody-else", recipient=generate_identity().recipient().spelled()),)}, "not-addressed"),
])  # fmt: skip
def test_a_bad_parcel_of_the_senders_is_answered_with_its_code(partnership, changed, code):
    if "expires" in changed:
        changed = {"at": partnership.at - timedelta(days=40)}
    transfer = partnership.send(**changed)
    assert (partnership.received().result, partnership.answer(transfer).code) == ("rejected", code)
    answer = partnership.answer(transfer)
    assert (answer.disposition, answer.manifest, answer.rows) == ("rejected", None, None)
    assert partnership.shown() == {}
    assert list(partnership.inbox.iterdir()) == []


def test_a_rejected_parcel_uses_up_its_number_so_that_the_next_is_not_held_up(partnership):
    partnership.send(sequence=1, rows=3)
    partnership.send(sequence=2)
    assert [one.result for one in partnership.receive()] == ["rejected", "accepted"]


def test_a_number_rejected_ahead_of_its_turn_does_not_skip_those_before_it(partnership):
    early = partnership.send(sequence=2)
    (partnership.inbox / f"{early}.age").write_bytes(b"")
    assert partnership.received().code == "ciphertext-hash"
    partnership.send(sequence=3)
    assert partnership.received().result == "waits"
    partnership.send(sequence=1)
    assert [one.result for one in partnership.receive()] == ["accepted", "accepted"]


def test_a_rejection_is_final(partnership):
    transfer = partnership.send()
    files = partnership.copy_of(transfer)
    (partnership.inbox / f"{transfer}.age").write_bytes(b"damaged on the way")
    partnership.receive()
    partnership.put(files)
    assert partnership.received().result == "repeated"
    assert partnership.answer(transfer).code == "ciphertext-hash"
    assert partnership.shown() == {}


# strangers


def test_a_stranger_is_not_answered_and_the_parcel_is_left(partnership):
    thief = Council(partnership.details.recipient)
    transfer = thief.seal(partnership.inbox).parcel.transfer
    left = partnership.received()
    assert (left.result, left.code) == ("unanswered", "envelope-signature")
    assert list(partnership.acknowledgements.iterdir()) == []
    assert set(partnership.copy_of(transfer)) == set(names_of(transfer))
    assert partnership.shown() == {}


def test_a_stranger_does_not_hold_up_the_sender(partnership):
    Council(partnership.details.recipient).seal(partnership.inbox)
    partnership.send()
    assert sorted(one.result for one in partnership.receive()) == ["accepted", "unanswered"]


def test_a_stranger_under_an_answered_transfer_gets_nothing_and_changes_nothing(partnership):
    transfer = partnership.send()
    partnership.receive()
    before = partnership.answer_bytes(transfer)
    Council(partnership.details.recipient).seal(partnership.inbox, transfer=transfer)
    assert partnership.received().result == "unanswered"
    assert partnership.answer_bytes(transfer) == before


def test_the_senders_answering_key_is_no_sending_key(partnership):
    """The key must stand in the signers file: that it is ours to answer with does not count."""
    answering = SigningKey.load((partnership.home / "keys" / "acknowledge.key").read_bytes())
    made = partnership.council.pieces()
    made.envelope_key = answering
    made.write(partnership.inbox)
    assert partnership.received().result == "unanswered"


def test_an_envelope_without_its_signature_is_nobodys(partnership):
    transfer = partnership.send()
    (partnership.inbox / f"{transfer}.json.sig").unlink()
    assert partnership.received().result == "unanswered"


def test_a_parcel_without_its_envelope_is_not_there_yet(partnership):
    transfer = partnership.send()
    (partnership.inbox / f"{transfer}.json").unlink()
    assert partnership.receive() == []
    assert len(list(partnership.inbox.iterdir())) == 2


# a hostile inbox


def swapped(path, make):
    path.unlink()
    make(path)


@pytest.mark.parametrize("make", [
    lambda path: path.symlink_to("/etc/passwd"), os.mkfifo, lambda path: path.mkdir(),
    lambda path: os.link(path.parent.parent / "receiver.toml", path),
])  # fmt: skip
@pytest.mark.parametrize(("which", "result"), [(0, "rejected"), (1, "unanswered"), (2, "unanswered")])
def test_links_pipes_folders_and_second_names_are_not_read(partnership, make, which, result):
    transfer = partnership.send()
    swapped(partnership.inbox / names_of(transfer)[which], make)
    assert partnership.received().result == result
    assert partnership.shown() == {}


def test_what_cannot_be_removed_holds_up_no_other_parcel(partnership):
    transfer = partnership.send(route="ofsted")
    swapped(partnership.inbox / names_of(transfer)[0], lambda path: path.mkdir())
    partnership.send()
    assert [one.result for one in partnership.receive()] == ["rejected", "accepted"]
    assert partnership.receive() == []


@pytest.mark.parametrize(
    "name", ["x.json", ".json", "..json", "A" * 26 + ".json", "readme.txt", "0" * 26 + ".ack.json"]
)
def test_other_files_in_the_inbox_are_nobodys_business(partnership, name):
    (partnership.inbox / name).write_bytes(b"{}")
    assert partnership.receive() == []
    assert (partnership.inbox / name).exists()


def test_a_link_where_the_answer_belongs_is_replaced_not_followed(partnership, tmp_path):
    transfer = partnership.send()
    target = tmp_path / "precious"
    target.write_bytes(b"precious")
    (partnership.acknowledgements / f"{transfer}.ack.json").symlink_to(target)
    partnership.receive()
    assert target.read_bytes() == b"precious"
    assert partnership.answer(transfer).disposition == "accepted"


def test_two_receivers_in_one_home_are_one_too_many(partnership):
    partnership.receive()
    with held(partnership.home / "state" / LOCK, "receiving"), pytest.raises(UsageError):
        partnership.receive()


# crash points


def test_broken_off_after_the_data_was_shown_it_is_answered_and_not_written_again(partnership):
    transfer = partnership.send()
    files = partnership.copy_of(transfer)
    partnership.receive()
    shown = {path: path.stat().st_ino for path in (partnership.home / "received").iterdir()}
    for lost in (partnership.home / "state").glob("memory.sqlite*"):
        lost.unlink()
    partnership.put(files)
    assert partnership.received().result == "accepted"
    assert {path: path.stat().st_ino for path in shown} == shown
    assert partnership.answer(transfer).disposition == "accepted"


def test_broken_off_between_manifest_and_data_the_rest_is_shown(partnership):
    transfer = partnership.send()
    files = partnership.copy_of(transfer)
    partnership.receive()
    (partnership.home / "received" / f"{transfer}.csv").unlink()
    for lost in (partnership.home / "state").glob("memory.sqlite*"):
        lost.unlink()
    partnership.put(files)
    partnership.receive()
    assert partnership.shown()[f"{transfer}.csv"] == CSV


def test_another_file_of_the_same_name_is_neither_overwritten_nor_answered_for(partnership):
    transfer = partnership.send()
    folder = partnership.home / "received"
    (folder / f"{transfer}.csv").write_bytes(b"somebody's")
    with pytest.raises(StorageError):
        partnership.receive()
    assert (folder / f"{transfer}.csv").read_bytes() == b"somebody's"
    assert list(partnership.acknowledgements.iterdir()) == []
    assert len(partnership.copy_of(transfer)) == 3


def test_broken_off_before_the_answer_was_shown_it_is_shown_next_time(partnership):
    transfer = partnership.send()
    files = partnership.copy_of(transfer)
    partnership.acknowledgements.rename(partnership.home / "elsewhere")
    with pytest.raises(StorageError):
        partnership.receive()
    (partnership.home / "elsewhere").rename(partnership.acknowledgements)
    assert partnership.copy_of(transfer) == files
    assert partnership.received().result == "repeated"
    assert partnership.answer(transfer).disposition == "accepted"


@pytest.mark.parametrize("left", [(0,), (1,), (0, 1)])
def test_what_clearing_away_left_behind_is_swept(partnership, left):
    transfer = partnership.send()
    files = partnership.copy_of(transfer)
    partnership.receive()
    partnership.put({name: files[name] for place, name in enumerate(names_of(transfer)) if place in left})
    assert partnership.receive() == []
    assert list(partnership.inbox.iterdir()) == []


def test_what_a_crash_left_in_the_private_folder_is_thrown_away(partnership):
    work = partnership.home / "state" / ".gateway-work-0123456789abcdef"
    work.mkdir(mode=0o700)
    (work / "lock").touch()
    (work / "data").write_bytes(b"half a file")
    partnership.send()
    assert partnership.received().result == "accepted"
    assert not work.exists()


def test_a_folder_of_somebodys_beside_the_memory_is_left_alone(partnership):
    theirs = partnership.home / "state" / "opening"
    theirs.mkdir()
    (theirs / "minutes.txt").write_bytes(b"precious")
    partnership.send()
    assert partnership.received().result == "accepted"
    assert (theirs / "minutes.txt").read_bytes() == b"precious"
