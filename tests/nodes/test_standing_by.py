"""Which machine works, and which stand by, as an operator sees it."""

import json
import signal

from gateway.config.load import load
from tests.end_to_end.conftest import typing_in


def works_on(nodes) -> dict[str, bool]:
    """By half and process, since both have one name here."""
    told = typing_in(nodes.world)("status", "--nodes", "--json")
    answer = json.loads(told.out)
    assert answer["exit_code"] == told.code
    return {
        half: [one["works"] for one in answer["machines"] if one["half"] == half] for half in ("prepare", "deliver")
    }


def test_one_works_one_stands_by_and_goes_on_when_the_first_is_gone(nodes):
    both, one, none = ([[True, False]] * 2, [[True]] * 2, [[]] * 2)
    assert list(works_on(nodes).values()) == none
    assert typing_in(nodes.world)("status", "--nodes").code == 3
    first = nodes.start()
    nodes.until(lambda: list(works_on(nodes).values()) == one)
    second = nodes.start()
    nodes.until(lambda: list(works_on(nodes).values()) == both)
    assert typing_in(nodes.world)("status", "--nodes").code == 0
    assert "another machine" in typing_in(nodes.world)("run", "--once").err
    first.send(signal.SIGKILL)
    nodes.until(lambda: list(works_on(nodes).values()) == one)
    second.send(signal.SIGTERM)
    assert second.process.wait(60) == 0


def test_what_a_machine_is_called_stands_in_its_settings_or_is_its_own_name(nodes):
    home = nodes.world.council.home
    nodes.start()
    nodes.until(lambda: "works" in typing_in(nodes.world)("status", "--nodes").out)
    assert load(home, {"HANDOFF_MACHINE": "two"}).settings.machine == "two"


def test_one_machine_is_told_that_it_is_one(untouched):
    told = typing_in(untouched)("status", "--nodes")
    assert (told.code, told.out) == (
        0,
        "one machine: 'ledger' and 'deliver_store' in config/gateway.toml are for more\n",
    )
