"""On no page, under no key, is there a text with something in it that nobody sees."""

import copy
import tomllib

import pytest

from gateway.config.faults import PageError
from gateway.config.findings import faults_of
from gateway.config.machine import Settings, validate_settings
from gateway.config.pages import NAME_KEYS, load_page
from gateway.contract.partner import Partner
from gateway.contract.schema import Schema

UNSEEN = {
    "a blank before": lambda text: " " + text,
    "a blank behind": lambda text: text + " ",
    "a blank that does not break": lambda text: text + "\u00a0",
    "a line break": lambda text: text + "\n",
    "a line break within": lambda text: text[:1] + "\n" + text[1:],
    "a tab": lambda text: text[:1] + "\t" + text[1:],
    "a zero": lambda text: text + "\0",
    "a character without width": lambda text: text[:1] + "\u200b" + text[1:],
    "a mark that turns the direction": lambda text: "\u202e" + text,
    "a byte order mark": lambda text: "\ufeff" + text,
}
MACHINE = """
domain = "handoff.northmere.test"
sender = "northmere"
outbox = "outbox"
anchor = "/mnt/anchor"
origin = "northmere/handoff"
pin_roles = ["route"]
[alerts.email]
host = "mail.northmere.test"
sender = "handoff@northmere.test"
to = ["ops@northmere.test", "it@northmere.test"]
user = "handoff"
ca = "ca.pem"
[alerts.webhook]
url = "https://hooks.northmere.test/a"
"""


def texts(table, place=()):
    """Where a text stands in a page, as keys and numbers."""
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        if isinstance(value, str):
            yield (*place, key)
        elif isinstance(value, dict | list):
            yield from texts(value, (*place, key))


def with_text(page, place, change):
    spoilt = copy.deepcopy(page)
    table = spoilt
    for key in place[:-1]:
        table = table[key]
    table[place[-1]] = change(table[place[-1]])
    return spoilt


def keys_of(error, model):
    return [fault.key for fault in faults_of(error, page="page", model=model)]


@pytest.mark.parametrize("change", UNSEEN.values(), ids=UNSEEN)
@pytest.mark.parametrize("kind", NAME_KEYS, ids=lambda kind: NAME_KEYS[kind][0])
def test_no_key_of_a_signed_page_takes_it(home, kind, change):
    page = tomllib.loads(home.page(f"{NAME_KEYS[kind][0]}/first").read_text("utf-8"))
    places = list(texts(page))
    assert places
    for place in places:
        with pytest.raises(ValueError) as caught:
            kind.model_validate(with_text(page, place, change))
        (key,) = keys_of(caught.value, kind)
        assert key.split("[")[0] == str(place[0]) or key.startswith(f"{place[0]}.")


@pytest.mark.parametrize("change", UNSEEN.values(), ids=UNSEEN)
def test_no_setting_of_the_machine_takes_it(change):
    page = tomllib.loads(MACHINE)
    assert isinstance(validate_settings(page), Settings)
    for place in texts(page):
        with pytest.raises(PageError) as caught:
            validate_settings(with_text(page, place, change))
        assert all(fault.key.startswith(str(place[0])) for fault in caught.value.faults)


def test_a_word_of_a_closed_list_may_be_what_nobody_sees(home):
    home.spoil("schemas/first", "version", 'delimiter = "\\t"\nversion')
    assert load_page(home.path, Schema, "first").delimiter == "\t"


def test_a_value_with_it_is_not_repeated(home):
    home.spoil("partners/first", '"Partner first"', '"Zebedee\u200b Quillfeather"')
    with pytest.raises(PageError) as caught:
        load_page(home.path, Partner, "first")
    assert "config/partners/first.toml: name: has a character that nobody sees in place 8" in caught.value.message
    assert "Zebedee" not in caught.value.message
