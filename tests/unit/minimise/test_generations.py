"""Disclosures from before a rotation are read as children are known now, and never rewritten."""

import pytest

from gateway.minimise.disclosed import DisclosedFile, counted, disclosed, everybody, in_scope, released_to
from gateway.minimise.identifiers import pseudonyms, subject
from gateway.vocabulary.errors import StorageError
from tests.unit.minimise.ground import POLICY, REGISTER_KEY, a_child, a_job, as_csv, carried_out, says, upn

SECOND, THIRD = bytes(range(64, 96)), bytes(range(96, 128))
KEYS = (REGISTER_KEY, REGISTER_KEY + SECOND, REGISTER_KEY + SECOND + THIRD)
CHILDREN = [a_child(1), a_child(2), a_child(3)]


def known(number, key):
    return subject(upn(number), key=key)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The same three children, judged under one, two and three keys; one of them is on hold each time."""
    found = []
    for number, key in enumerate(KEYS):
        folder = tmp_path_factory.mktemp(f"generation-{number}")
        job = a_job(folder, as_csv(CHILDREN), register_key=key, holds=[])
        held = tuple(pseudonyms({"upn": upn(3)}, key=key))
        from dataclasses import replace

        outcome = carried_out(replace(job, holds=held)).outcome
        found.append((f"t{number}", job.disclosures, outcome.disclosures_meta))
    return found


def under(files, key):
    return [DisclosedFile(transfer=name, path=path, meta=meta, key=key) for name, path, meta in files]


def test_a_child_is_found_in_files_of_every_generation_by_what_it_is_known_by_now(files):
    wanted = frozenset({known(1, KEYS[2]), known(3, KEYS[2])})
    rows = disclosed(under(files, KEYS[2]), wanted)
    assert {(row.transfer, row.subject, bool(row.released)) for row in rows} == {
        (f"t{number}", known(child, KEYS[2]), child == 1) for number in range(3) for child in (1, 3)
    }


@pytest.mark.parametrize("number", range(3))
def test_every_question_answers_in_the_keys_in_force(files, number):
    file = under(files, KEYS[2])[number]
    one, two, held = (known(child, KEYS[2]) for child in (1, 2, 3))
    assert everybody(file) == {one, two}
    assert in_scope(file) == {one, two, held}
    assert set(released_to(file, [one, held])) == {one}
    assert counted(file).children == 2


def test_an_earlier_pseudonym_finds_nobody_any_more(files):
    assert disclosed(under(files, KEYS[2]), frozenset({known(1, KEYS[0]), known(1, KEYS[1])})) == []


def test_a_file_of_a_later_generation_is_not_read_with_an_older_key(files):
    with pytest.raises(StorageError, match="cannot be read"):
        disclosed(under(files, KEYS[1]), frozenset({known(1, KEYS[1])}))
    with pytest.raises(StorageError):
        in_scope(under(files, KEYS[1])[2])


@pytest.mark.parametrize("number", range(3))
def test_who_is_gone_is_counted_across_a_rotation(files, tmp_path, number):
    job = a_job(tmp_path, as_csv(CHILDREN[:1]), register_key=KEYS[2], previous=files[number][1])
    assert carried_out(job).outcome.removed == 1


def test_a_consent_counts_under_all_keys(tmp_path):
    child = CHILDREN[0] | {"phone": "07700 900123"}
    said = says(child, "parent", "consent", "consented")
    from dataclasses import replace

    for key in KEYS:
        decided = replace(said, subject=subject(child["upn"], key=key))
        result = carried_out(a_job(tmp_path, as_csv([child]), register_key=key, decisions=[decided]))
        assert b"07700 900123" in result.output
    unfollowed = carried_out(a_job(tmp_path, as_csv([child]), register_key=KEYS[1], decisions=[said]))
    assert b"07700 900123" not in unfollowed.output


def test_who_stands_twice_is_recognised_across_a_rotation(tmp_path):
    """Found while the file was counted, withheld when it leaves: the tags must not hang on the newest key."""
    twice = as_csv([CHILDREN[0], CHILDREN[0], CHILDREN[1]])
    found = [carried_out(a_job(tmp_path, twice, register_key=key)).outcome.duplicates for key in KEYS]
    assert found[0] == found[1] == found[2] != frozenset()


def test_the_first_generation_says_nothing_of_itself(files):
    assert ["generation" in meta for _, _, meta in files] == [False, True, True]
    assert POLICY.policy_name in files[0][2]
