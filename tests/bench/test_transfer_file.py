"""The measured file is one that the shipped schema reads whole."""

from tests.bench.transfer_file import extract, read_once


def test_every_pupil_of_the_measured_file_is_read(tmp_path):
    assert read_once(extract(tmp_path, 50)) == 51


def test_the_file_is_made_once(tmp_path):
    first = extract(tmp_path, 3)
    first.write_text(first.read_text() + " ")
    assert extract(tmp_path, 3).read_text().endswith(" ")
