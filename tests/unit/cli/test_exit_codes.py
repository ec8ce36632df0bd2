from gateway.cli.exit_codes import MEANINGS, by_code, classes, markdown
from gateway.vocabulary import errors
from gateway.vocabulary.errors import GatewayError


def test_every_class_of_the_tree_is_in_the_table():
    tree, found = [GatewayError], set()
    while tree:
        kind = tree.pop()
        found.add(kind)
        tree += [sub for sub in kind.__subclasses__() if sub.__module__ == errors.__name__]
    assert found == set(classes())
    assert {name for names in by_code().values() for name in names} == {kind.__name__ for kind in found}


def test_every_code_has_a_meaning_and_no_meaning_is_left_over():
    assert set(by_code()) == set(MEANINGS)
    own = {0, 130, 141}
    assert {code for code, names in by_code().items() if not names} == own


def test_codes_fit_into_a_byte_and_leave_the_shells_own_alone():
    assert all(0 <= code < 126 for code in by_code() if code not in {130, 141})


def test_the_table_has_a_row_for_each_code():
    assert len(markdown().splitlines()) == len(MEANINGS) + 2
    assert "| 78 | the configuration cannot be used" in markdown()


def test_the_drawn_tree_says_the_same_codes():
    for code, names in by_code().items():
        for name in names:
            drawn = [line for line in errors.__doc__.splitlines() if line.split("─ ")[-1].split(" ")[0] == name]
            assert not drawn or not any(word.isdigit() and int(word) != code for word in drawn[0].split()), name
