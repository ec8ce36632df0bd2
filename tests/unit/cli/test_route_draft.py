"""`gateway route draft`: a page on standard output, and nothing of a child anywhere."""

from tests.unit.story.test_drafting import CANARY, table


def test_a_page_is_written_for_a_person_to_finish(gateway, tmp_path):
    extract = tmp_path / "new.csv"
    extract.write_text(table())
    spoken = gateway("route", "draft", extract, "--name", "b2b-student")
    assert spoken.code == 0
    assert 'schema_name = "b2b-student"' in spoken.out
    assert CANARY not in spoken.out + spoken.err


def test_a_file_without_a_header_is_refused_without_being_shown(gateway, tmp_path):
    extract = tmp_path / f"{CANARY}.csv"
    extract.write_text("\n".join(table().split("\n")[1:]))
    spoken = gateway("route", "draft", extract)
    assert spoken.code == 65
    assert CANARY not in spoken.out + spoken.err


def test_a_file_that_is_not_there_and_a_name_that_is_none_are_told(gateway, tmp_path):
    assert gateway("route", "draft", tmp_path / "nothing.csv").code == 2
    assert gateway("route", "draft", tmp_path / "nothing.csv", "--name", "Two Words").code == 2
