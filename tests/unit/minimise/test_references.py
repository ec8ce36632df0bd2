"""What a partner was given before a rotation is kept in a file, and leaves again as it was."""

import csv
import io

import pytest

from gateway.minimise.identifiers import reference, subject
from gateway.minimise.keying import keyed, lifted
from gateway.minimise.references import read_references, write_references
from gateway.vocabulary.errors import StorageError
from tests.unit.minimise.ground import REFERENCE_KEY, REGISTER_KEY, a_child, a_job, as_csv, carried_out, upn

GIVEN = {bytes([number] * 12): f"r{number:032x}" for number in (3, 1, 2)}
NEXT = bytes(range(64, 96))


def test_references_read_back_as_they_were_written_and_in_one_way(tmp_path):
    first, second = (write_references(tmp_path / name, dict(given)) for name, given in (
        ("a.parquet", GIVEN.items()), ("b.parquet", reversed(GIVEN.items()))))  # fmt: skip
    assert first == second
    assert read_references(tmp_path / "a.parquet") == GIVEN
    assert (tmp_path / "a.parquet").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_written_again_is_the_newer_one_and_an_empty_one_is_one_too(tmp_path):
    write_references(tmp_path / "a.parquet", GIVEN)
    write_references(tmp_path / "a.parquet", {})
    assert read_references(tmp_path / "a.parquet") == {}


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"PAR1spoiledPAR1")])
def test_a_file_that_cannot_be_read_is_a_reason_to_stop(tmp_path, spoil):
    write_references(tmp_path / "a.parquet", GIVEN)
    spoil(tmp_path / "a.parquet")
    with pytest.raises(StorageError, match="keeps cannot be read"):
        read_references(tmp_path / "a.parquet")


def references_of(output):
    return [row["reference"] for row in csv.DictReader(io.StringIO(output.decode()))]


def test_who_has_a_reference_keeps_it_and_who_has_none_gets_one_under_the_keys_in_force(tmp_path):
    keys = REGISTER_KEY + NEXT
    known, new = (subject(upn(number), key=keys) for number in (1, 2))
    kept = tmp_path / "kept.parquet"
    write_references(kept, {known: "r" + "0" * 20})
    job = a_job(tmp_path, as_csv([a_child(1), a_child(2)]), register_key=keys, references=kept)
    result = carried_out(job)
    assert sorted(references_of(result.output)) == sorted(["r" + "0" * 20, reference(new, key=REFERENCE_KEY)])


def test_the_engine_hashes_on_as_often_as_there_are_keys_and_binds_them_all():
    assert keyed("'x'") == lifted(keyed("'x'"), since=1, generations=1)
    thrice = keyed("'x'", 3)
    assert [thrice.count(name) for name in ("$pseudonym_key ", "$pseudonym_key_2 ", "$pseudonym_key_3 ")] == [1, 1, 1]
