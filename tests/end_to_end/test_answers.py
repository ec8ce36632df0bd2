"""A partner's answer counts only if it is the partner's, about this parcel, and of our log."""

import json
import sqlite3

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.demo.council import DOMAIN
from gateway.vocabulary import canonical
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS


@pytest.fixture
def answered(world):
    """Delivered, and the partner's answer lies in its folder, not yet collected."""
    world.approved()
    world.run()
    world.partners[YSS].receive(world.clock())
    return world


def answer_files(world, of=""):
    """Of one transfer, where there are more."""
    folder = world.partners[YSS].files / "acknowledgements"
    (body,) = folder.glob(f"{of}*.ack.json")
    return body, body.with_name(body.name + ".sig")


def partners_key(world) -> SigningKey:
    return SigningKey.load((world.partners[YSS].home / "keys" / "acknowledge.key").read_bytes())


def answer_instead(world, *, key: SigningKey | None = None, namespace: str = "acknowledge", of="", **changes) -> None:
    """What lies there says something else, signed soundly by the partner's key or another."""
    body, signature = answer_files(world, of)
    page = json.loads(body.read_text()) | changes
    text = canonical.encode(page)
    body.write_bytes(text)
    signature.write_text((key or partners_key(world)).sign(text, of_act(namespace, DOMAIN)))


def assert_it_does_not_count(world) -> None:
    world.run()
    (transfer,) = world.transfers()
    assert world.stages() == [Stage.DELIVERED]
    assert world.ladder(transfer)[-1] == "answer-rejected"
    world.run()
    assert world.ladder(transfer).count("answer-rejected") == 1, "told once, not at every round"


def test_a_proper_answer_after_a_bad_one_still_counts(answered):
    body, signature = answer_files(answered)
    kept = body.read_bytes(), signature.read_bytes()
    answer_instead(answered, rows=1)
    assert_it_does_not_count(answered)
    body.write_bytes(kept[0])
    signature.write_bytes(kept[1])
    answered.run()
    assert answered.stages() == [Stage.ACKNOWLEDGED]


def test_an_answer_that_counts_other_rows_is_refused(answered):
    answer_instead(answered, rows=0)
    assert_it_does_not_count(answered)


def test_an_answer_signed_by_somebody_else_is_refused(answered):
    answer_instead(answered, key=SigningKey.generate_ed25519())
    assert_it_does_not_count(answered)


def test_an_answer_signed_for_another_act_is_refused(answered):
    answer_instead(answered, namespace="envelope")
    assert_it_does_not_count(answered)


@pytest.mark.parametrize("member", ["envelope", "manifest"])
def test_an_answer_about_another_parcel_is_refused(answered, member):
    answer_instead(answered, **{member: "0" * 64})
    assert_it_does_not_count(answered)


def test_an_answer_with_a_checkpoint_that_nobody_cosigned_is_refused(answered):
    body, _ = answer_files(answered)
    note = json.loads(body.read_text())["checkpoint"]
    answer_instead(answered, checkpoint="\n".join([*note.split("\n")[:5], ""]))
    assert_it_does_not_count(answered)


@pytest.mark.parametrize("text", [b"", b"{}\n", b"\xff\n", b"[" * 60_000], ids=["empty", "no-members", "bytes", "deep"])
def test_an_answer_that_is_no_answer_is_receipted_and_nothing_breaks(answered, text):
    body, signature = answer_files(answered)
    body.write_bytes(text)
    signature.write_text(partners_key(answered).sign(text, of_act("acknowledge", DOMAIN)))
    assert_it_does_not_count(answered)


def test_an_answer_with_half_a_character_in_it_is_receipted_and_nothing_breaks(answered):
    """JSON can spell what no text holds; it would have ended the half, at every start again."""
    answer_instead(answered, checkpoint="\ud800")
    assert_it_does_not_count(answered)


def test_a_partner_who_says_disposed_before_accepted_is_told_so_and_its_acceptance_still_counts(answered):
    body, signature = answer_files(answered)
    kept = body.read_bytes(), signature.read_bytes()
    answer_instead(answered, disposition="disposed")
    assert_it_does_not_count(answered)
    body.write_bytes(kept[0])
    signature.write_bytes(kept[1])
    answered.run()
    assert answered.stages() == [Stage.ACKNOWLEDGED]


def test_a_partner_who_rejects_is_believed_and_a_person_is_needed(answered):
    answer_instead(answered, disposition="rejected", code="file-hash", manifest=None, rows=None, checkpoint=None)
    answered.run()
    assert answered.stages() == [Stage.REJECTED_BY_PARTNER]
    (outcome,) = (answered.council.drop_folder(YSS) / "outcomes").iterdir()
    assert "rejects it" in outcome.read_text("utf-8")


def test_a_log_that_was_rewritten_is_found_out_by_the_partners_cosignature(answered):
    """The cosigned checkpoint is of a log that ours, restored from before, does not lead to."""
    ledger = answered.council.configuration.workspace.ledger
    answered.run()
    assert answered.stages() == [Stage.ACKNOWLEDGED]
    with sqlite3.connect(ledger) as connection:
        connection.execute("update cosignature set size = size + 100")
    answered.clock.turn(minutes=1)
    answered.drop(b"".join(answered.extract().splitlines(keepends=True)[:-1]), name="next.csv")
    answered.run("prepare")
    answered.sign_both(name="next.csv")
    rounds = answered.run()
    assert [type(fault).__name__ for fault in rounds.faults] == ["LogBroken"]
    assert len(answered.partners[YSS].received) == 1
    assert not [name for name in answered.inbox() if name.endswith(".json")]
