"""What is due is destroyed, the sender is told with a signature, and nothing is claimed that is not so."""

import json
from datetime import date, timedelta

import pytest

from gateway.seal.acknowledgement import Awaited
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import AcknowledgementInvalid, NeedsPerson, StorageError, UsageError
from gateway.vocabulary.parcel import disposal_names
from tests.simulators.council import ME
from tests.unit.partner.ground import Youth

WILF, OTTI, ZOE = ("r1", "Wilf", "0161"), ("r2", "Ottoline", ""), ("r3", "Zoë", "0162")
TODAY, LATER = "Terms. [keep until 2026-11-24]", "Terms. [keep P12M]"


@pytest.fixture
def youth(partnership) -> Youth:
    return Youth(partnership)


@pytest.fixture
def filed(youth) -> Youth:
    youth.url = None
    return youth


# in a database


def test_what_is_due_is_deleted_and_what_is_not_stays(youth):
    first = youth.take([WILF], retention=TODAY)
    youth.take([OTTI], scope="changes", retention=LATER)
    gone = youth.purge()
    assert (gone.rows, gone.files, gone.transfers) == (1, 0, (first,))
    assert youth.rows() == [("r2", "Ottoline", None)]


def test_the_answer_is_about_the_parcel_that_was_accepted(youth):
    transfer = youth.send([WILF], retention=TODAY)
    envelope = Digest.of((youth.partnership.inbox / f"{transfer}.json").read_bytes())
    youth.receive()
    accepted = youth.partnership.answer(transfer)
    youth.partnership.at += timedelta(days=1)
    youth.purge()
    disposed = youth.disposal(transfer)
    assert (disposed.disposition, disposed.code, disposed.rows) == ("disposed", None, 1)
    assert disposed.at == youth.partnership.at
    assert disposed.checkpoint == accepted.checkpoint
    disposed.check(
        Awaited(transfer=transfer, recipient=ME, envelope=envelope, manifest=accepted.manifest, rows=1)
    )  # fmt: skip
    other = Awaited(transfer=transfer, recipient=ME, envelope=Digest.of(b"x"), manifest=accepted.manifest, rows=1)
    with pytest.raises(AcknowledgementInvalid):
        disposed.check(other)


def test_the_first_answer_stays_beside_it(youth):
    transfer = youth.take([WILF], retention=TODAY)
    before = youth.partnership.answer_bytes(transfer)
    youth.purge()
    assert youth.partnership.answer_bytes(transfer) == before


def test_a_parcel_of_which_one_row_is_left_is_not_disposed_of(youth):
    first = youth.take([WILF, OTTI], retention=LATER)
    youth.take([WILF], scope="changes", retention=TODAY)
    gone = youth.purge()
    assert first not in gone.transfers
    assert not (youth.partnership.acknowledgements / f"{first}.disposed.json").exists()


def test_of_a_parcel_that_a_full_one_replaced_nothing_is_left(youth):
    first = youth.take([WILF])
    youth.take([WILF])
    assert youth.purge().transfers == (first,)


def test_an_instruction_for_people_is_followed_with_the_day_that_a_person_gives(youth):
    transfer = youth.take([WILF], retention="Delete when they turn 20")
    assert youth.purge().transfers == ()
    assert youth.purge(before=date(2026, 11, 24)).transfers == ()
    gone = youth.purge(before=date(2026, 11, 25))
    assert (gone.rows, gone.transfers) == (1, (transfer,))


def test_the_day_that_a_person_gives_does_not_overrule_the_instructions_own(youth):
    youth.take([WILF], retention=LATER)
    assert youth.purge(before=date(2030, 1, 1)).rows == 0


def test_it_is_due_on_the_day_itself_in_london(youth):
    youth.partnership.at = youth.partnership.at.replace(month=6, hour=22, minute=59)
    transfer = youth.take([WILF], retention="[keep P1D]", at=youth.partnership.at)
    assert youth.purge().transfers == ()
    youth.partnership.at += timedelta(minutes=1)
    assert youth.purge().transfers == (transfer,)


def test_another_database_is_not_taken_for_an_empty_one(youth):
    youth.take([WILF], retention=TODAY)
    youth.url = "sqlite:///other.sqlite"
    gone = youth.purge()
    assert (gone.rows, gone.transfers) == (0, ())


def test_without_the_database_nothing_in_it_is_claimed_to_be_gone(youth):
    youth.take([WILF], retention=TODAY)
    youth.url = None
    assert youth.purge(no_copies=True).transfers == ()


def test_a_rejected_parcel_is_never_disposed_of(youth):
    youth.send([ZOE, ZOE])
    assert youth.rejected() == "content-unusable"
    assert youth.purge(before=date(2030, 1, 1)).transfers == ()


# files


def test_files_go_only_once_somebody_says_that_there_are_no_copies(filed):
    transfer = filed.take([WILF], retention=TODAY)
    with pytest.raises(NeedsPerson):
        filed.purge()
    assert f"{transfer}.csv" in filed.partnership.shown()
    gone = filed.purge(no_copies=True)
    assert (gone.files, gone.transfers) == (1, (transfer,))
    assert set(filed.partnership.shown()) == {f"{transfer}.manifest.json", f"{transfer}.manifest.json.sig"}
    assert filed.disposal(transfer).disposition == "disposed"


def test_a_file_that_somebody_moved_away_is_not_claimed_to_be_destroyed(filed):
    transfer = filed.take([WILF], retention=LATER)
    (filed.partnership.home / "received" / f"{transfer}.csv").unlink()
    assert filed.purge(no_copies=True).transfers == ()


def test_files_that_are_not_due_stay(filed):
    transfer = filed.take([WILF], retention=LATER)
    assert filed.purge(before=date(2030, 1, 1)).files == 0
    assert f"{transfer}.csv" in filed.partnership.shown()


def test_a_list_of_removals_is_a_file_like_any_other(filed):
    transfer = filed.taken_away(("r1", "whole"))
    assert filed.purge(before=date(2026, 11, 25), no_copies=True).transfers == (transfer,)
    assert f"{transfer}-removal.csv" not in filed.partnership.shown()


def test_a_manifest_that_is_gone_stops_it_since_nobody_can_tell_what_is_due(filed):
    transfer = filed.take([WILF], retention=TODAY)
    (filed.partnership.home / "received" / f"{transfer}.manifest.json").unlink()
    with pytest.raises(StorageError, match="manifest"):
        filed.purge(no_copies=True)


# again, and broken off


def test_it_is_told_once_and_alike_for_ever(youth):
    transfer = youth.take([WILF], retention=TODAY)
    youth.purge()
    names = [youth.partnership.acknowledgements / name for name in disposal_names(transfer)]
    first = [name.read_bytes() for name in names]
    youth.partnership.at += timedelta(days=400)
    assert youth.purge().transfers == ()
    for name in names:
        name.unlink()
    assert youth.purge().transfers == ()
    assert [name.read_bytes() for name in names] == first


def test_broken_off_before_it_could_be_shown_it_is_shown_next_time(youth):
    transfer = youth.take([WILF], retention=TODAY)
    folder, away = youth.partnership.acknowledgements, youth.partnership.home / "elsewhere"
    folder.rename(away)
    with pytest.raises(StorageError):
        youth.purge()
    away.rename(folder)
    assert youth.rows() == []
    youth.purge()
    assert youth.disposal(transfer).rows == 1


def test_broken_off_after_the_intent_the_file_goes_and_the_sender_is_told(filed):
    transfer = filed.take([WILF], retention=TODAY)
    manifest = filed.partnership.home / "received" / f"{transfer}.manifest.json"
    data = manifest.with_name(f"{transfer}.csv")
    data.unlink()
    data.mkdir()
    with pytest.raises(StorageError):
        filed.purge(no_copies=True)
    data.rmdir()
    assert filed.purge().transfers == (transfer,)
    assert filed.disposal(transfer).disposition == "disposed"


def test_while_somebody_receives_nothing_is_purged(youth):
    youth.take([WILF], retention=TODAY)
    from gateway.footing.lock import held

    with held(youth.partnership.home / "state" / "lock", "receiving"), pytest.raises(UsageError):
        youth.purge()
    assert youth.rows() == [WILF]


def test_nothing_of_a_child_is_in_the_answer(youth):
    transfer = youth.take([WILF], retention=TODAY)
    youth.purge()
    body = json.loads((youth.partnership.acknowledgements / f"{transfer}.disposed.json").read_text())
    assert "Wilf" not in json.dumps(body)
    assert body["type"] == "handoff-acknowledgement/v1"
