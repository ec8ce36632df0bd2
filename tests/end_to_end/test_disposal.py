"""The last rung: the partner destroys what it was given, and its signed word for that comes back by itself."""

import json

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.disposals import EVERY
from gateway.demo.council import DOMAIN
from gateway.partner.disposing import purge
from gateway.partner.settings import load_receiver
from gateway.vocabulary import canonical
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import disposal_names
from gateway.vocabulary.transfer import Stage, TransferId
from tests.end_to_end.conftest import YSS


@pytest.fixture
def disposed(world):
    """Acknowledged; then the partner has purged it, and its answer lies there."""
    world.approved()
    world.run()
    partner = world.partners[YSS]
    partner.receive(world.clock())
    world.run()
    assert world.stages() == [Stage.ACKNOWLEDGED]
    world.clock.turn(days=1)
    gone = purge(load_receiver(partner.home), world.clock(), before=world.clock().date(), no_copies=True)
    assert gone.transfers == (first(world),)
    assert partner.received == []
    return world


def answer_files(world):
    signature, body = (world.partners[YSS].files / "acknowledgements" / name for name in disposal_names(first(world)))
    return body, signature


def say(world, *, key=None, namespace="acknowledge", **changes):
    body, signature = answer_files(world)
    key = key or SigningKey.load((world.partners[YSS].home / "keys" / "acknowledge.key").read_bytes())
    text = canonical.encode(json.loads(body.read_text()) | changes)
    body.write_bytes(text)
    signature.write_text(key.sign(text, of_act(namespace, DOMAIN)))


def first(world):
    """The parcel that was handed over; with another day a removal may have followed it."""
    return world.transfers()[0]


def stage(world):
    return world.stages()[0]


def ladder(world):
    return world.ladder(first(world))


def later(world):
    world.clock.turn(seconds=EVERY.total_seconds())
    world.run()


def test_what_the_partner_has_destroyed_stands_at_disposed_with_its_signature(disposed):
    disposed.run()
    assert stage(disposed) is Stage.DISPOSED
    facts = disposed.facts(first(disposed), Stage.DISPOSED)
    assert facts["disposition"] == "disposed"
    assert str(facts["partner_key"]).startswith("SHA256:")


def test_it_is_collected_once_though_the_answer_stays_there(disposed):
    for _ in range(2):
        later(disposed)
    assert ladder(disposed).count("disposed") == 1
    assert "answer-rejected" not in ladder(disposed)


def test_the_same_word_signed_once_more_changes_nothing(disposed):
    disposed.run()
    say(disposed, at="2026-11-26T10:00:00Z")
    later(disposed)
    assert ladder(disposed).count("disposed") == 1
    assert "answer-rejected" not in ladder(disposed)


WRONG = {
    "another-key": {"key": SigningKey.generate_ed25519()},
    "another-act": {"namespace": "envelope"},
    "another-envelope": {"envelope": "0" * 64},
    "another-manifest": {"manifest": "0" * 64},
    "another-transfer": {"transfer": TransferId("0" * 26)},
    "another-recipient": {"recipient": "somebody-else"},
    "other-rows": {"rows": 1},
    "not-disposed": {"disposition": "rejected", "code": "file-hash", "manifest": None, "rows": None},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_word_that_does_not_hold_is_receipted_once_and_changes_nothing_and_a_proper_one_still_counts(
    disposed, changes
):
    body, signature = answer_files(disposed)
    kept = body.read_bytes(), signature.read_bytes()
    say(disposed, **changes)
    for _ in range(2):
        later(disposed)
        assert stage(disposed) is Stage.ACKNOWLEDGED
        assert ladder(disposed).count("answer-rejected") == 1
    body.write_bytes(kept[0])
    signature.write_bytes(kept[1])
    later(disposed)
    assert stage(disposed) is Stage.DISPOSED


@pytest.mark.parametrize("which", [0, 1])
def test_a_word_that_is_too_long_is_receipted_and_changes_nothing(disposed, which):
    answer_files(disposed)[which].write_bytes(b"a" * 1_000_000)
    for _ in range(2):
        later(disposed)
        assert stage(disposed) is Stage.ACKNOWLEDGED
        assert ladder(disposed).count("answer-rejected") == 1


def test_a_word_without_its_signature_waits_for_it(disposed):
    _, signature = answer_files(disposed)
    kept = signature.read_bytes()
    signature.unlink()
    later(disposed)
    assert stage(disposed) is Stage.ACKNOWLEDGED
    signature.write_bytes(kept)
    later(disposed)
    assert stage(disposed) is Stage.DISPOSED
