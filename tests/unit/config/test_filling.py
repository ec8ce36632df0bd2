import tomllib

import pytest

from gateway.config.filling import fill, spell
from gateway.vocabulary.errors import ConfigError

PAGE = '# a remark\nname = "x"\n\n[endpoint]\nhost = ""  # where\nkeys = []\n'


def test_values_are_set_in_their_tables_and_remarks_stay():
    filled = fill(PAGE, {"endpoint.host": 'a"b\\c\n', "endpoint.keys": ("é", "f"), "name": "n"})
    assert filled.startswith("# a remark\n")
    assert tomllib.loads(filled) == {"name": "n", "endpoint": {"host": 'a"b\\c\n', "keys": ["é", "f"]}}


@pytest.mark.parametrize("key", ["host", "endpoint.name", "endpoint", "remark"])
def test_a_key_that_the_page_does_not_have_is_refused(key):
    with pytest.raises(ConfigError, match=key):
        fill(PAGE, {key: "v"})


@pytest.mark.parametrize("value", [True, False, 0, -3, "", "\u2028", "\x7f", ("a",), ()])
def test_every_value_is_spelled_as_toml_reads_it(value):
    read = tomllib.loads(f"key = {spell(value)}")["key"]
    assert read == (list(value) if isinstance(value, tuple) else value)
