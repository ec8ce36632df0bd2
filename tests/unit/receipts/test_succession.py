"""The log's key hands over within the log: old evidence verifies by the old key, and nothing new does."""

import json

import pytest

from gateway.crypto.checkpoint import log_key, open_checkpoint, witness_key
from gateway.crypto.log_succession import hand_over
from gateway.crypto.note import cosign, sign
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import leaves
from gateway.receipts import succession
from gateway.receipts.entry import Entry
from gateway.receipts.evidence import write_checker, write_proofs
from gateway.receipts.log import ReceiptLog
from gateway.receipts.proof import prove
from gateway.receipts.receipt import Receipt
from gateway.receipts.sweep import is_sound
from gateway.receipts.tiles import export
from gateway.receipts.verification import verify_export, verify_log
from gateway.vocabulary.errors import KeyUnavailable, LogBroken, SignatureInvalid
from gateway.vocabulary.facts import Facts
from tests.unit.receipts.ground import AT, KEY, ORIGIN, event, fill, open_log, seconds
from tests.unit.receipts.test_proofs import check, sound, unsound

NEW, THIRD, THIEF, PARTNER = (SigningKey.generate_ed25519() for _ in range(4))
TOLD = Facts(uid=0)


def vkey(key):
    return log_key(ORIGIN, key.public_raw)


@pytest.fixture
def rotated(log, ledger, place):
    """Twelve receipts by the old key, the succession, and two by the new one."""
    fill(log)
    log.hand_over(NEW, at=seconds(60), told=TOLD)
    after = ReceiptLog(ledger, key=NEW, origin=ORIGIN)
    after.append(event(at=seconds(61)))
    after.append(event(at=seconds(62)))
    return after


def notes_of(place):
    with place.tampering() as db:
        return [note for (note,) in db.execute("select note from checkpoint order by size")]


def test_the_new_key_signs_from_the_receipt_of_the_change_on(rotated, place):
    notes = notes_of(place)
    for size, note in enumerate(notes, 1):
        open_checkpoint(note.encode(), vkey(KEY) if size <= 12 else vkey(NEW))
    assert rotated.keys().keys == ((vkey(KEY), 12), (vkey(NEW), None))
    (changed,) = rotated.entries(kinds=(succession.KIND,))
    assert (changed.index, changed.receipt.facts["uid"], changed.receipt.facts["role"]) == (12, 0, "log")


def test_the_old_key_appends_nothing_any_more(log, rotated, ledger):
    for old in (log, ReceiptLog(ledger, key=KEY, origin=ORIGIN)):
        with pytest.raises(KeyUnavailable, match="is not the one that the log is signed with"):
            old.append(event(at=seconds(70)))
        with pytest.raises(KeyUnavailable):
            old.hand_over(THIRD, at=seconds(70), told=TOLD)
    assert rotated.append(event(at=seconds(70))).size == 16


def test_a_key_that_never_signed_this_log_is_told_so_and_not_of_a_rotation(rotated, place):
    with pytest.raises(LogBroken, match="do not lead to"):
        open_log(place, key=THIEF).append(event(at=seconds(70)))


@pytest.mark.parametrize("trusted", [KEY, NEW])
@pytest.mark.parametrize("every", [False, True])
def test_the_log_verifies_with_any_key_that_it_had(rotated, ledger, trusted, every):
    assert is_sound(ledger, vkey(trusted))[0] == 15
    verified = verify_log(ledger, vkey(trusted), every=every)
    assert (verified.size, verified.checkpoints) == (15, 15)


def test_the_log_does_not_verify_with_a_key_that_it_never_had(rotated, ledger):
    with pytest.raises(LogBroken, match="do not lead to"):
        verify_log(ledger, vkey(THIEF))


def test_a_log_may_change_its_key_before_its_first_receipt_and_many_times(log, ledger):
    log.hand_over(NEW, at=AT, told=TOLD)
    ReceiptLog(ledger, key=NEW, origin=ORIGIN).hand_over(THIRD, at=AT, told=TOLD)
    third = ReceiptLog(ledger, key=THIRD, origin=ORIGIN)
    third.append(event())
    assert third.keys().ends == (0, 1)
    for key in (KEY, NEW, THIRD):
        assert verify_log(ledger, vkey(key), every=True).size == 3


# what an attacker might leave behind


def resigned(place, size, key):
    """The checkpoint of this size, signed by another key."""
    with place.tampering() as db:
        (note,) = db.execute("select note from checkpoint where size = ?", (size,)).fetchone()
        text = note.rpartition("\n\n")[0] + "\n"
        db.execute("update checkpoint set note = ? where size = ?", (sign(text, ORIGIN, key), size))


@pytest.mark.parametrize(("size", "key"), [(15, KEY), (15, THIEF), (13, KEY), (12, NEW), (3, THIEF)])
def test_a_checkpoint_by_a_key_that_was_not_in_force_is_found(rotated, ledger, place, size, key):
    resigned(place, size, key)
    with pytest.raises(LogBroken, match=f"the checkpoint of {size} leaves is not signed"):
        verify_log(ledger, vkey(NEW), every=True)


def test_what_the_retired_key_signs_after_its_end_is_never_built_upon(rotated, place):
    resigned(place, 15, KEY)
    with pytest.raises(LogBroken, match="is not ours"):
        open_log(place, key=NEW).append(event(at=seconds(70)))


def test_a_succession_that_the_old_key_did_not_sign_is_found(log, ledger, place):
    """Who can write the ledger and holds no key of ours makes a key of his own follow, whole tree and all."""
    fill(log, 1)
    latest = log.latest().checkpoint
    receipt = succession.handed_over(latest, THIEF, NEW, when=seconds(60), told=TOLD)
    facts = receipt.facts | Facts(verifier_keys=(vkey(KEY).spelled, vkey(NEW).spelled))
    log.append(Receipt(kind=receipt.kind, at=receipt.at, facts=facts))
    with pytest.raises(LogBroken):
        verify_log(ledger, vkey(KEY))
    with pytest.raises(LogBroken):
        log.keys()


def test_a_succession_for_another_place_or_of_another_tree_is_found(log, ledger):
    fill(log, 1)
    at = log.latest().checkpoint
    log.append(event(at=seconds(50)))
    log.append(succession.handed_over(at, KEY, NEW, when=seconds(60), told=TOLD))
    with pytest.raises(LogBroken, match="leaf 7 of the log is a succession for another place"):
        verify_log(ledger, vkey(KEY))


@pytest.mark.parametrize("facts", [
    {"tree_size": 6}, {"tree_size": 6, "checkpoint": "ab" * 32, "verifier_keys": (vkey(KEY).spelled,)},
    {"tree_size": 6, "checkpoint": "ab", "verifier_keys": (vkey(KEY).spelled, vkey(NEW).spelled)},
])  # fmt: skip
def test_a_succession_without_its_note_is_found(log, ledger, facts):
    fill(log, 1)
    log.append(event(succession.KIND, at=seconds(60), **{k: v for k, v in facts.items() if v != "ab"}))
    with pytest.raises(LogBroken, match="leaf 6 of the log is no succession"):
        verify_log(ledger, vkey(KEY))


def test_a_partner_s_answer_to_the_last_days_of_the_old_key_still_counts(log, rotated, place):
    note = cosign(notes_of(place)[11], "yss.example", PARTNER, AT)
    checkpoint, _ = rotated.keys().open(note.encode(), [witness_key("yss.example", PARTNER.public_raw)])
    rotated.keep_cosignature("yss", note, checkpoint, AT)
    rotated.check_witnesses()
    assert rotated.last_cosigned("yss") == 12


def test_a_cosigned_note_that_the_retired_key_signed_after_its_end_is_not_kept(rotated):
    at = rotated.latest().checkpoint
    note = cosign(sign(at.text(), ORIGIN, KEY), "yss.example", PARTNER, AT)
    with pytest.raises(SignatureInvalid):
        rotated.keep_cosignature("yss", note, at, AT)


# outside the ledger


@pytest.fixture
def bodies(rotated, place):
    with place.tampering() as db:
        return [body for (body,) in db.execute("select body from leaf order by leaf_index")]


def test_an_export_verifies_with_the_chain_and_not_without(rotated, bodies, place):
    notes, chain = notes_of(place), rotated.successions()
    for key in (KEY, NEW):
        assert verify_export(bodies, notes, vkey(key), successions=chain, every=True).size == 15
        with pytest.raises(LogBroken):
            verify_export(bodies, notes, vkey(key), every=True)


def test_a_second_successor_of_the_same_key_is_found_in_the_log(rotated, bodies, place):
    at = rotated.latest().checkpoint
    elsewhere = hand_over(type(at)(ORIGIN, 12, bytes(32)), KEY, THIEF).encode()
    with pytest.raises(LogBroken):
        verify_export(bodies, notes_of(place), vkey(KEY), successions=[elsewhere], every=True)
    later = hand_over(at, KEY, THIEF).encode()
    with pytest.raises(LogBroken, match="leaf 12 of the log hands it over to a key that does not follow"):
        verify_export(bodies, notes_of(place), vkey(KEY), successions=[later])


@pytest.fixture
def exported(rotated, ledger, tmp_path):
    with ledger.reading() as tx:
        export(tx, vkey(NEW), tmp_path / "log")
    write_checker(tmp_path / "log", vkey(NEW))
    return tmp_path / "log"


def test_the_stand_alone_script_follows_the_chain_from_any_key(log, rotated, exported):
    assert "15 receipts; 15 checkpoints" in sound(log, exported, ".")
    assert "15 receipts; 15 checkpoints" in sound(rotated, exported, ".")


def spelled(*notes):
    return succession.spelled(note.encode() if isinstance(note, str) else note for note in notes)


def test_an_exported_log_without_its_chain_or_with_another_is_not_sound(log, rotated, exported):
    at, file = rotated.latest().checkpoint, exported / succession.FILE
    (good,) = rotated.successions()
    for notes in (
        [], [hand_over(at, KEY, THIEF)], [hand_over(type(at)(ORIGIN, 12, bytes(32)), KEY, NEW)],
        [good, hand_over(at, KEY, THIEF)], [hand_over(at, NEW, THIRD), good], [sign(good.decode().rpartition("\n\n")[0] + "\n", ORIGIN, NEW)],
    ):  # fmt: skip
        file.write_bytes(spelled(*notes))
        assert "NOT SOUND" in unsound(log, exported, ".")
    file.write_bytes(spelled(good))
    sound(log, exported, ".")


def test_an_exported_checkpoint_of_the_retired_key_is_not_sound(log, rotated, exported):
    notes = [json.loads(line) for line in (exported / "checkpoints.jsonl").read_text().splitlines()]
    for size in (13, 15):
        text = notes[size - 1].rpartition("\n\n")[0] + "\n"
        changed = [*notes[: size - 1], sign(text, ORIGIN, KEY), *notes[size:]]
        (exported / "checkpoints.jsonl").write_text("".join(json.dumps(note) + "\n" for note in changed))
        assert f"a checkpoint of {size} receipts is not signed" in unsound(log, exported, ".")


def test_a_proof_of_the_old_days_verifies_by_the_old_key_alone_and_for_ever(log, ledger, tmp_path):
    fill(log, 1)
    with ledger.reading() as tx:
        before = [prove(tx, Entry.read(row), vkey(KEY)) for row in leaves.newest(tx)]
    write_proofs(tmp_path / "before", before, vkey(KEY))
    log.hand_over(NEW, at=seconds(60), told=TOLD)
    sound(log, tmp_path / "before", "receipt-2.tlog-proof")
    with ledger.reading() as tx:
        after = [prove(tx, Entry.read(row), vkey(KEY)) for row in leaves.newest(tx)]
        write_proofs(tmp_path / "after", after, vkey(NEW), succession.notes_in(tx))
    assert "of 7 receipts" in sound(log, tmp_path / "after", "receipt-2.tlog-proof")
    (tmp_path / "before" / succession.FILE).write_bytes((tmp_path / "after" / succession.FILE).read_bytes())
    answer = check("--log", vkey(NEW).spelled, "receipt-2.tlog-proof", cwd=tmp_path / "before")
    assert answer.returncode == 0


def test_a_proof_that_the_retired_key_signed_after_its_end_is_not_sound(log, ledger, tmp_path):
    fill(log, 1)
    log.hand_over(NEW, at=seconds(60), told=TOLD)
    with ledger.reading() as tx:
        proof = prove(tx, Entry.read(leaves.newest(tx)[-1]), vkey(NEW))
        write_proofs(tmp_path / "p", [proof], vkey(NEW), succession.notes_in(tx))
    text = proof.note.rpartition("\n\n")[0] + "\n"
    forged = proof.spelled().replace(proof.note, sign(text, ORIGIN, KEY))
    (tmp_path / "p" / "receipt-0.tlog-proof").write_text(forged)
    assert "not signed" in unsound(log, tmp_path / "p", "receipt-0.tlog-proof")
