"""The duties of a Destination, held against every implementation: three other people's servers, the stand-in, a
folder, the simulator.
"""

import pytest

from gateway.deliver.destination import LARGEST_ANSWER
from gateway.vocabulary.errors import (
    NameTaken,
    OutcomeUnknown,
    PartnerRefused,
    PartnerUnreachable,
    ReleaseLapsed,
    Revoked,
    StorageError,
)
from gateway.vocabulary.parcel import acknowledgement_names, disposal_names
from gateway.vocabulary.transfer import TransferId
from tests.contracts.grounds import ANSWERING, GROUNDS
from tests.contracts.stories import AT, Crash, Story, contents, sealed, temporaries


@pytest.fixture(params=GROUNDS)
def ground(request, tmp_path):
    folder = tmp_path / "partner"
    folder.mkdir()
    with GROUNDS[request.param](folder) as ground:
        yield ground


@pytest.fixture
def destination(ground):
    opened = []

    def make():
        opened.append(ground.destination())
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def test_a_parcel_arrives_whole_under_its_final_names(ground, destination, parcel):
    delivered = destination().put(parcel, Story(ground).attempt)
    assert ground.everything() == contents(parcel)
    assert not delivered.already_there
    assert delivered.facts()["verified_by"] == "read-back"


def test_the_intent_is_recorded_once_everything_is_there_and_before_anything_is_visible(ground, destination, parcel):
    story = Story(ground)
    destination().put(parcel, story.attempt)
    assert story.events == ["may-release", "may-release", "intent"]
    assert story.seen_at_intent == dict(zip(temporaries(parcel, 1), contents(parcel).values(), strict=True))


def test_the_same_parcel_twice_is_one_parcel_there(ground, destination, parcel):
    place = destination()
    place.put(parcel, Story(ground).attempt)
    again = Story(ground, 2, earlier=(1,), intent_recorded=True)
    assert place.put(parcel, again.attempt).already_there
    assert ground.everything() == contents(parcel)
    assert "intent" not in again.events


def test_another_process_finds_the_parcel_already_there(ground, destination, parcel):
    destination().put(parcel, Story(ground).attempt)
    assert destination().put(parcel, Story(ground).attempt).already_there
    assert ground.everything() == contents(parcel)


def test_two_parcels_share_a_connection(ground, destination, parcel, tmp_path):
    place, other = destination(), sealed(tmp_path, 2)
    place.put(parcel, Story(ground).attempt)
    place.put(other, Story(ground).attempt)
    assert ground.everything() == contents(parcel) | contents(other)


@pytest.mark.parametrize("which", range(3))
def test_other_content_under_a_name_of_ours_is_an_alarm_and_stays_untouched(ground, destination, parcel, which):
    taken = parcel.files[which]
    strange = b"x" * taken.size
    ground.plant(taken.name, strange)
    story = Story(ground)
    with pytest.raises(NameTaken):
        destination().put(parcel, story.attempt)
    assert ground.everything() == {taken.name: strange}
    assert "intent" not in story.events


def test_content_of_another_size_is_an_alarm_too(ground, destination, parcel):
    ground.plant(parcel.files[2].name, b"")
    with pytest.raises(NameTaken):
        destination().put(parcel, Story(ground).attempt)


@pytest.mark.parametrize("refusal", [ReleaseLapsed("late"), Revoked("taken back")])
@pytest.mark.parametrize("asked", [1, 2])
def test_what_may_not_be_released_leaves_nothing_behind(ground, destination, parcel, refusal, asked):
    story = Story(ground)
    story.refusals[asked] = refusal
    with pytest.raises(type(refusal)):
        destination().put(parcel, story.attempt)
    assert ground.everything() == {}
    assert "intent" not in story.events


def test_an_intent_that_cannot_be_recorded_makes_nothing_visible(ground, destination, parcel):
    story = Story(ground)
    story.at_intent = StorageError("the disk failed")
    with pytest.raises(StorageError):
        destination().put(parcel, story.attempt)
    assert not set(ground.everything()) & set(contents(parcel))


@pytest.mark.parametrize("refusal", [ReleaseLapsed("late"), Revoked("taken back")])
def test_a_successor_that_may_not_release_uploads_nothing_and_its_own_successor_is_not_in_doubt(
    ground, destination, parcel, refusal
):
    crashed = Story(ground)
    crashed.at_intent = Crash()
    with pytest.raises(Crash):
        destination().put(parcel, crashed.attempt)
    successor = Story(ground, 2, earlier=(1,), intent_recorded=True)
    successor.refusals[1] = refusal
    with pytest.raises(type(refusal)):
        destination().put(parcel, successor.attempt)
    assert successor.events == ["never-left", "may-release"]
    assert ground.everything() == {}


@pytest.mark.parametrize("recorded", [False, True])
def test_a_successor_that_dies_while_it_says_that_nothing_left_leaves_nobody_in_doubt(
    ground, destination, parcel, recorded
):
    first, second = Story(ground), Story(ground, 2, earlier=(1,), intent_recorded=True)
    first.at_intent = second.at_never_left = Crash()
    for story in (first, second):
        with pytest.raises(Crash):
            destination().put(parcel, story.attempt)
    third = Story(ground, 3, earlier=(1, 2), intent_recorded=not recorded)
    assert not destination().put(parcel, third.attempt).already_there
    assert ground.everything() == contents(parcel)


def test_a_broken_line_leaves_nothing_visible_and_the_next_attempt_removes_the_rest(ground, destination, parcel):
    ground.break_after(300_000)
    story = Story(ground)
    with pytest.raises(PartnerUnreachable):
        destination().put(parcel, story.attempt)
    assert not set(ground.everything()) & set(contents(parcel))
    assert "intent" not in story.events
    ground.mend()
    second = Story(ground, 2, earlier=(1,))
    assert not destination().put(parcel, second.attempt).already_there
    assert ground.everything() == contents(parcel)


def test_the_same_destination_recovers_from_a_broken_line(ground, destination, parcel):
    place = destination()
    ground.break_after(300_000)
    with pytest.raises(PartnerUnreachable):
        place.put(parcel, Story(ground).attempt)
    ground.mend()
    place.put(parcel, Story(ground, 2, earlier=(1,)).attempt)
    assert ground.everything() == contents(parcel)


def test_a_partner_that_stalls_is_unreachable_within_the_deadline(ground, destination, parcel):
    ground.freeze_after(300_000)
    with pytest.raises(PartnerUnreachable):
        destination().put(parcel, Story(ground).attempt)
    assert not set(ground.everything()) & set(contents(parcel))


def test_a_disk_that_fills_up_is_noticed(ground, destination, parcel):
    ground.fill_after(400_384)
    story = Story(ground)
    with pytest.raises(PartnerRefused):
        destination().put(parcel, story.attempt)
    assert ground.everything() == {}
    assert "intent" not in story.events
    ground.mend()
    destination().put(parcel, Story(ground, 2, earlier=(1,)).attempt)
    assert ground.everything() == contents(parcel)


@pytest.mark.parametrize("renamed", [0, 1, 2])
def test_after_a_crash_between_intent_and_release_the_parcel_is_sent_again(ground, destination, parcel, renamed):
    crashed = Story(ground)
    crashed.at_intent = Crash()
    with pytest.raises(Crash):
        destination().put(parcel, crashed.attempt)
    for file, name in list(zip(parcel.files, temporaries(parcel, 1), strict=True))[:renamed]:
        ground.publish(name, file.name)
    successor = Story(ground, 2, earlier=(1,), intent_recorded=True)
    assert not destination().put(parcel, successor.attempt).already_there
    assert ground.everything() == contents(parcel)


def test_after_a_crash_past_the_release_the_parcel_is_found_there(ground, destination, parcel):
    for file in parcel.files:
        ground.plant(file.name, file.path.read_bytes())
    successor = Story(ground, 2, earlier=(1,), intent_recorded=True)
    assert destination().put(parcel, successor.attempt).already_there
    assert "intent" not in successor.events


def test_the_envelope_alone_proves_the_release_where_a_partner_takes_files_away(ground, destination, parcel):
    ground.plant(parcel.files[2].name, parcel.files[2].path.read_bytes())
    successor = Story(ground, 2, earlier=(1,), intent_recorded=True)
    assert destination().put(parcel, successor.attempt).already_there


def test_what_was_perhaps_delivered_and_swept_away_is_never_sent_again(ground, destination, parcel):
    successor = Story(ground, 4, earlier=(1, 2, 3), intent_recorded=True)
    with pytest.raises(OutcomeUnknown):
        destination().put(parcel, successor.attempt)
    assert ground.everything() == {}
    assert "intent" not in successor.events


def test_a_ciphertext_that_was_perhaps_delivered_alone_is_no_proof(ground, destination, parcel):
    ground.plant(parcel.files[0].name, parcel.files[0].path.read_bytes())
    with pytest.raises(OutcomeUnknown):
        destination().put(parcel, Story(ground, 2, earlier=(1,), intent_recorded=True).attempt)


def test_without_an_intent_missing_temporaries_mean_nothing(ground, destination, parcel):
    destination().put(parcel, Story(ground, 3, earlier=(1, 2)).attempt)
    assert ground.everything() == contents(parcel)


def test_all_earlier_temporaries_are_removed_and_others_are_not(ground, destination, parcel, tmp_path):
    other = sealed(tmp_path, 9)
    for name in (*temporaries(parcel, 1), temporaries(parcel, 3)[0], temporaries(other, 1)[0]):
        ground.plant(name, b"partial")
    destination().put(parcel, Story(ground, 4, earlier=(1, 2, 3)).attempt)
    assert ground.everything() == contents(parcel) | {temporaries(other, 1)[0]: b"partial"}


@pytest.mark.parametrize("ground", ANSWERING, indirect=True)
def test_answers_are_collected_only_for_what_is_awaited(ground, destination, parcel, tmp_path):
    other = sealed(tmp_path, 2).transfer
    for transfer in (parcel.transfer, other):
        signature, body = acknowledgement_names(transfer)
        ground.answer(signature, b"signed " + transfer.encode())
        ground.answer(body, b"said " + transfer.encode())
    answers = list(destination().collect(frozenset({parcel.transfer, TransferId.new(AT, bytes)})))
    assert [(a.transfer, a.body, a.signature) for a in answers] == [
        (parcel.transfer, b"said " + parcel.transfer.encode(), b"signed " + parcel.transfer.encode())
    ]


@pytest.mark.parametrize("ground", ANSWERING, indirect=True)
def test_an_answer_that_is_not_complete_yet_is_left_alone(ground, destination, parcel):
    ground.answer(acknowledgement_names(parcel.transfer)[0], b"signature only")
    assert list(destination().collect(frozenset({parcel.transfer}))) == []


def test_nothing_is_collected_where_nothing_is_awaited(ground, destination):
    assert list(destination().collect(frozenset())) == []


@pytest.mark.parametrize("ground", ANSWERING, indirect=True)
@pytest.mark.parametrize("which", [0, 1])
def test_of_an_oversized_answer_no_more_is_given_than_shows_that_it_is_one(
    ground, destination, parcel, tmp_path, which
):
    huge = sealed(tmp_path, 0).transfer
    for transfer in (huge, parcel.transfer):
        for name in acknowledgement_names(transfer):
            ground.answer(name, b"a" * LARGEST_ANSWER)
    ground.answer(acknowledgement_names(huge)[which], b"a" * (2 * LARGEST_ANSWER))
    answers = {answer.transfer: answer for answer in destination().collect(frozenset({huge, parcel.transfer}))}
    sizes = {name: (len(answer.signature), len(answer.body)) for name, answer in answers.items()}
    assert sizes.pop(parcel.transfer) == (LARGEST_ANSWER, LARGEST_ANSWER)
    assert sizes.pop(huge)[which] == LARGEST_ANSWER + 1


@pytest.mark.parametrize("ground", ANSWERING, indirect=True)
def test_an_answer_without_its_signature_is_refused_after_the_others_were_given(ground, destination, parcel, tmp_path):
    bare = sealed(tmp_path, 0).transfer
    for name in (*acknowledgement_names(parcel.transfer), acknowledgement_names(bare)[1]):
        ground.answer(name, b"a")
    given = []
    answers = destination().collect(frozenset({bare, parcel.transfer}))
    with pytest.raises(PartnerRefused):
        given.extend(answer.transfer for answer in answers)
    assert given == [parcel.transfer]


@pytest.mark.parametrize("ground", ANSWERING, indirect=True)
def test_the_second_answer_is_found_under_its_own_names_and_the_first_is_left_alone(ground, destination, parcel):
    for names, said in ((acknowledgement_names, b"taken"), (disposal_names, b"disposed")):
        for name in names(parcel.transfer):
            ground.answer(name, said)
    (found,) = destination().collect(frozenset({parcel.transfer}), disposal_names)
    assert (found.transfer, found.body, found.signature) == (parcel.transfer, b"disposed", b"disposed")
