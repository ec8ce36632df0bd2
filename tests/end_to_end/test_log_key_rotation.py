"""The log's key hands over between two handoffs; the partner follows by one file, and the evidence stays: over a real server."""

import json
import shutil

import pytest

from gateway.config.log_key import PUBLISHED
from gateway.crypto.checkpoint import Checkpoint
from gateway.crypto.note import sign
from gateway.receipts.succession import FILE
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS
from tests.end_to_end.office import Office
from tests.end_to_end.test_subjects import hand_over


@pytest.fixture
def office(world, tmp_path):
    return Office(world, tmp_path)


def cosigned(world):
    with world.opened() as gateway:
        return gateway.log.last_cosigned(world.partners[YSS].name)


def test_data_goes_on_at_once_and_cosignatures_when_the_partner_has_the_file(office, world):
    children = list(world.people.children)
    hand_over(world, children, "first.csv")
    before = cosigned(world)
    for words in (("new", "log"), ("rotate", "log")):
        world.clock.turn(minutes=1)
        assert office.type_in("keys", *words).code == 0
    hand_over(world, children[::-1], "second.csv")
    assert cosigned(world) == before
    public, partner = world.council.configuration.workspace.public_keys, world.partners[YSS]
    shutil.copy(public / PUBLISHED, partner.home / "keys" / FILE)
    hand_over(world, [children[-1], *children[:-1]], "third.csv")
    assert cosigned(world) > before
    assert set(world.stages()) == {Stage.ACKNOWLEDGED}
    assert office.type_in("receipts", "verify", "--every").code == 0
    kit = office.folder / "kit"
    assert office.type_in("partner", "kit", partner.name, "--to", kit).code == 0
    assert (kit / FILE).read_bytes() == (public / PUBLISHED).read_bytes()


@pytest.fixture
def anchor(world):
    page = world.council.home / "config" / "gateway.toml"
    page.write_text(f'anchor = "{world.folder}/elsewhere.jsonl"\n' + page.read_text())
    return world.folder / "elsewhere.jsonl"


def test_an_anchor_from_before_is_still_our_past_and_goes_on_under_the_new_key(office, world, anchor):
    world.drop()
    for words in (
        ("run", "--once", "--only", "prepare"), ("keys", "new", "log"), ("keys", "rotate", "log"),
        ("run", "--once", "--only", "prepare"), ("run", "--once", "--only", "prepare"),
    ):  # fmt: skip
        spoken = office.type_in(*words)
        assert spoken.code == 0, spoken.err
    sizes = [int(json.loads(line).splitlines()[1]) for line in anchor.read_text().splitlines()]
    with world.opened() as gateway:
        (end,) = gateway.log.keys().ends
    assert sizes[0] <= end < sizes[-1]


def test_a_ledger_that_the_anchor_knows_more_of_is_not_handed_over(office, world, anchor):
    world.drop()
    for words in (("run", "--once", "--only", "prepare"), ("keys", "new", "log")):
        assert office.type_in(*words).code == 0
    with world.opened() as gateway:
        ahead = Checkpoint(gateway.log.public.name, 10_000, bytes(32))
        key = gateway.keys.signing_key("log")
    anchor.write_text(json.dumps(sign(ahead.text(), ahead.origin, key)) + "\n")
    refused = office.type_in("keys", "rotate", "log")
    assert (refused.code, "has seen a log of 10000 receipts" in refused.err) == (70, True)
    with world.opened() as gateway:
        assert gateway.log.keys().ends == ()
