"""What can go wrong in a partner's folder: servers that lie, forbid, sweep; frozen attempts; our own files."""

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.partner.standin.faults import Faults
from gateway.vocabulary.errors import NameTaken, PartnerRefused, PartnerUnreachable, StorageError
from tests.contracts.grounds import proftpd_ground
from tests.contracts.reaching import reaching, refused
from tests.contracts.stories import Story, contents, sealed, temporaries
from tests.simulators.sshd import sshd


def test_a_server_that_lies_about_sizes_is_noticed(standin, parcel):
    standin.server.misbehave(Faults(lie_about_size=True))
    refused(PartnerRefused, standin.endpoint, standin.key, parcel)
    assert standin.everything() == {}


def test_a_partner_that_takes_files_away_at_once_is_served(standin, parcel):
    standin.server.misbehave(Faults(sweep=True))
    with reaching(standin.endpoint, standin.key) as destination:
        assert not destination.put(parcel, Story(standin).attempt).already_there
    assert standin.everything() == {}


def test_a_refused_rename_shows_nothing_and_a_later_attempt_succeeds(standin, parcel):
    standin.server.misbehave(Faults(refuse_rename=True))
    with reaching(standin.endpoint, standin.key) as destination, pytest.raises(PartnerRefused):
        destination.put(parcel, Story(standin).attempt)
    assert not set(standin.everything()) & set(contents(parcel))
    standin.server.misbehave(Faults())
    with reaching(standin.endpoint, standin.key) as destination:
        destination.put(parcel, Story(standin, 2, earlier=(1,), intent_recorded=True).attempt)
    assert standin.everything() == contents(parcel)


def test_a_name_taken_between_the_look_and_the_rename_stays_untouched(ground, parcel):
    strange = b"y" * parcel.files[0].size
    story = Story(ground)
    story.at_intent = lambda: ground.plant(parcel.files[0].name, strange)
    place = ground.destination()
    with pytest.raises(NameTaken):
        place.put(parcel, story.attempt)
    place.close()
    assert ground.everything()[parcel.files[0].name] == strange
    assert parcel.files[2].name not in ground.everything()


def test_a_thawed_attempt_whose_successor_delivered_finds_the_parcel_there(ground, parcel):
    frozen, successor = ground.destination(), ground.destination()
    story = Story(ground)

    def overtaken():
        successor.put(parcel, Story(ground, 2, earlier=(1,)).attempt)

    story.at_intent = overtaken
    assert frozen.put(parcel, story.attempt).already_there
    assert ground.everything() == contents(parcel)
    frozen.close()
    successor.close()


def test_a_thawed_attempt_cannot_release_what_its_successor_delivered_and_the_partner_took(ground, parcel):
    frozen, successor = ground.destination(), ground.destination()
    story = Story(ground)

    def overtaken():
        successor.put(parcel, Story(ground, 2, earlier=(1,)).attempt)
        for file in parcel.files:
            ground.take_away(file.name)

    story.at_intent = overtaken
    with pytest.raises(PartnerRefused):
        frozen.put(parcel, story.attempt)
    assert ground.everything() == {}
    frozen.close()
    successor.close()


def test_where_reading_is_forbidden_the_level_says_size(standin, parcel):
    standin.server.misbehave(Faults(forbid_reading=True))
    with reaching(standin.endpoint, standin.key) as destination:
        assert destination.put(parcel, Story(standin).attempt).verified_by == "size"


def test_a_server_that_opens_files_and_gives_nothing_of_them_is_believed_by_size(tmp_path, parcel):
    key, small = SigningKey.generate_ed25519(), sealed(tmp_path, 7, sizes=(20_000, 317, 911))
    with sshd(tmp_path / "server", key.public_line(), options="-P read") as server:
        with reaching(server.endpoint, key) as destination:
            assert [destination.put(each, Story().attempt).verified_by for each in (parcel, small)] == ["size"] * 2
        refused(PartnerRefused, server.endpoint, key, sealed(tmp_path, 8), read_back=True)


def test_a_server_that_stops_giving_in_the_middle_of_a_file_is_believed_by_size(standin, parcel, tmp_path):
    standin.server.misbehave(Faults(forbid_reading_from=300_000))
    with reaching(standin.endpoint, standin.key) as destination:
        for each in (parcel, sealed(tmp_path, 7)):  # over one connection: what it refused was asked to its end
            assert destination.put(each, Story(standin).attempt).verified_by == "size"
    refused(PartnerRefused, standin.endpoint, standin.key, sealed(tmp_path, 8), read_back=True)


def test_where_reading_is_forbidden_but_wanted_nothing_is_released(standin, parcel):
    standin.server.misbehave(Faults(forbid_reading=True))
    refused(PartnerRefused, standin.endpoint, standin.key, parcel, read_back=True)
    assert standin.everything() == {}


def test_a_large_ciphertext_is_verified_by_size_unless_reading_back_is_wanted(ground, tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.deliver.sftp.putting.READ_BACK_UP_TO", 1000)
    first, second = sealed(tmp_path, 3), sealed(tmp_path, 4)
    with reaching(ground.endpoint, ground.key) as destination:
        assert destination.put(first, Story(ground).attempt).verified_by in ("size", "server-hash")
    with reaching(ground.endpoint, ground.key, read_back=True) as destination:
        assert destination.put(second, Story(ground).attempt).verified_by == "read-back"


def test_a_server_that_hashes_what_it_holds_is_asked_to(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.deliver.sftp.putting.READ_BACK_UP_TO", 1000)
    (folder := tmp_path / "partner").mkdir()
    with proftpd_ground(folder) as ground, reaching(ground.endpoint, ground.key) as destination:
        assert destination.put(sealed(tmp_path, 3), Story(ground).attempt).verified_by == "server-hash"


def test_where_removing_is_forbidden_a_second_attempt_stops(standin, parcel):
    standin.server.misbehave(Faults(forbid_removing=True))
    with reaching(standin.endpoint, standin.key) as destination, pytest.raises(PartnerRefused):
        destination.put(parcel, Story(standin, 2, earlier=(1,)).attempt)
    assert standin.everything() == {}


def test_a_temporary_of_our_own_number_is_never_written_over(ground, parcel):
    ground.plant(temporaries(parcel, 1)[0], b"who wrote this?")
    with reaching(ground.endpoint, ground.key) as destination, pytest.raises(PartnerRefused):
        destination.put(parcel, Story(ground).attempt)
    assert not set(ground.everything()) & set(contents(parcel))


@pytest.mark.parametrize("damage", [b"", b"z" * 700_001, b"z" * 700_002])
def test_a_ciphertext_that_is_not_what_was_sealed_is_not_released(ground, parcel, damage):
    parcel.files[0].path.write_bytes(damage)
    refused(StorageError, ground.endpoint, ground.key, parcel)
    assert ground.everything() == {}


def test_a_ciphertext_that_is_gone_is_our_own_fault(ground, parcel):
    parcel.files[0].path.unlink()
    refused(StorageError, ground.endpoint, ground.key, parcel)
    assert ground.everything() == {}


def test_a_connection_that_died_while_idle_is_replaced(ground, parcel, tmp_path):
    place = ground.destination()
    place.put(parcel, Story(ground).attempt)
    ground.break_after(0)
    ground.destination().close()
    with pytest.raises(PartnerUnreachable):
        place.put(sealed(tmp_path, 5), Story(ground).attempt)
    ground.mend()
    place.put(sealed(tmp_path, 6), Story(ground).attempt)
    place.close()


def test_an_inbox_we_may_not_write_to_is_refused(tmp_path, parcel):
    key = SigningKey.generate_ed25519()
    with sshd(tmp_path / "server", key.public_line(), options="-R") as server:  # -R: it answers every write so
        refused(PartnerRefused, server.endpoint, key, parcel)
        assert list((server.files / "inbox").iterdir()) == []


def test_many_parcels_in_flight_arrive_each_once_and_one_that_is_refused_keeps_no_other(ground, tmp_path):
    parcels = [sealed(tmp_path, number, sizes=(20_000, 317, 911)) for number in range(1, 41)]
    ground.plant(parcels[7].files[2].name, b"not ours")
    stories = [Story() for _ in parcels]
    with reaching(ground.endpoint, ground.key) as destination:
        jobs = zip(parcels, (story.attempt for story in stories), strict=True)
        outcomes = list(destination.put_many(jobs))
    assert [number for number, outcome in enumerate(outcomes) if isinstance(outcome, NameTaken)] == [7]
    expected = {name: content for parcel in parcels for name, content in contents(parcel).items()}
    expected = {name: content for name, content in expected.items() if parcels[7].transfer not in name}
    assert ground.everything() == expected | {parcels[7].files[2].name: b"not ours"}
    assert [story.events.count("intent") for story in stories] == [number != 7 for number in range(40)]
