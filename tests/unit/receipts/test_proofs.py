"""What an auditor is handed: proofs and tiles, checked by a script that shares nothing with this program."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.crypto.checkpoint import log_key, witness_key
from gateway.crypto.note import cosign
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import leaves
from gateway.receipts import stand_alone
from gateway.receipts.entry import Entry
from gateway.receipts.evidence import write_checker, write_proofs
from gateway.receipts.proof import prove
from gateway.receipts.tiles import _spelled, export
from gateway.vocabulary.errors import LogBroken, StorageError
from gateway.vocabulary.transfer import Stage
from tests.unit.receipts.ground import AT, ONE, ORIGIN, a_transfer, event, fill, rung, seconds

WITNESS = SigningKey.generate_ed25519()
SIZES = (1, 2, 255, 256, 257, 700)


def check(*words, cwd):
    return subprocess.run(
        [sys.executable, "-I", "check_receipts.py", *map(str, words)],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


def sound(log, folder, *words):
    answer = check("--log", log.public.spelled, *words, cwd=folder)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def unsound(log, folder, *words):
    answer = check("--log", log.public.spelled, *words, cwd=folder)
    assert answer.returncode == 1, answer.stdout
    assert answer.stdout == ""
    return answer.stderr


@pytest.fixture
def proven(log, ledger, tmp_path):
    """The six receipts of one transfer, in a log of twelve, and the folder they were written to."""
    fill(log)
    with ledger.reading() as tx:
        proofs = [prove(tx, Entry.read(row), log.public) for row in leaves.of_transfer(tx, ONE)]
    write_proofs(tmp_path / "proofs", proofs, log.public)
    return tmp_path / "proofs"


@pytest.fixture
def exported(log, ledger, tmp_path):
    def write(size):
        log.append(*(event(matches=number) for number in range(size)))
        with ledger.reading() as tx:
            assert export(tx, log.public, tmp_path / "log") == size
        write_checker(tmp_path / "log", log.public)
        return tmp_path / "log"

    return write


def test_the_script_imports_nothing_of_the_gateway():
    source = (Path(stand_alone.__path__[0]) / "check_receipts.py").read_text("utf-8")
    assert "gateway." not in source.partition('"""')[2].partition('"""')[2]


def test_every_receipt_of_a_transfer_is_shown_to_be_in_the_log(log, proven):
    told = sound(log, proven, *(f"receipt-{index}.tlog-proof" for index in range(6))).splitlines()
    assert [line.split(", ")[1] for line in told] == [f"{stage} of transfer {ONE}" for stage in (
        Stage.ARRIVED, Stage.APPROVED, Stage.SEALED, Stage.DELIVERED, Stage.ACKNOWLEDGED, Stage.DISPOSED)]  # fmt: skip
    assert all(line.endswith(f"in the log {ORIGIN} of 12 receipts") for line in told)


def test_a_proof_is_spelled_as_its_specification_says(proven):
    head, _, note = (proven / "receipt-3.tlog-proof").read_text().partition("\n\n")
    assert head.splitlines()[:2] == ["c2sp.org/tlog-proof@v1", "index 3"]
    assert len(head.splitlines()) == 6
    assert note.startswith(f"{ORIGIN}\n12\n")


def test_what_is_handed_out_is_readable_by_its_owner_alone(proven):
    assert {path.stat().st_mode & 0o777 for path in proven.iterdir()} == {0o600}
    assert proven.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("name", "edit", "says"),
    [
        ("receipt-2.json", (b'"released":9', b'"released":8'), "receipt 2 is not the one"),
        ("receipt-2.json", (b"}", b"} "), "receipt 2 is not the one"),
        ("receipt-2.tlog-proof", (b"index 2", b"index 3"), "receipt 3 is not the one"),
        ("receipt-2.tlog-proof", (b"index 2", b"index 12"), "no receipt 12"),
        ("receipt-2.tlog-proof", (b"\n12\n", b"\n13\n"), "not good"),
        ("receipt-2.tlog-proof", (b"index 2\n", b"index 2\n" + b"A" * 43 + b"=\n"), "too long"),
        ("receipt-2.tlog-proof", (b"\n\n", b"\n" + b"A" * 43 + b"=\n\n"), "too long"),
        ("receipt-2.tlog-proof", (ORIGIN.encode(), b"elsewhere.example/handoff"), "not signed by"),
        ("receipt-2.tlog-proof", (b"tlog-proof@v1", b"tlog-proof@v2"), "not a proof"),
    ],
)
def test_an_altered_proof_or_receipt_is_not_sound(log, proven, name, edit, says):
    before = (proven / name).read_bytes()
    assert edit[0] in before
    (proven / name).write_bytes(before.replace(*edit, 1))
    assert says in unsound(log, proven, "receipt-2.tlog-proof")


def test_a_proof_that_lost_a_hash_is_not_sound(log, proven):
    lines = (proven / "receipt-2.tlog-proof").read_text().splitlines(keepends=True)
    (proven / "receipt-2.tlog-proof").write_text("".join(lines[:2] + lines[3:]))
    assert "too short" in unsound(log, proven, "receipt-2.tlog-proof")


def test_another_logs_key_proves_nothing(proven):
    other = log_key(ORIGIN, SigningKey.generate_ed25519().public_raw)
    answer = check("--log", other.spelled, "receipt-2.tlog-proof", cwd=proven)
    assert (answer.returncode, "not signed by" in answer.stderr) == (1, True)


def test_a_receipt_without_its_file_is_no_traceback(log, proven):
    (proven / "receipt-2.json").unlink()
    answer = unsound(log, proven, "receipt-2.tlog-proof")
    assert answer.startswith("NOT SOUND")
    assert answer.count("\n") == 1


def cosigned(log):
    """A partner's signature on what we signed last."""
    latest = log.latest()
    note = cosign(latest.note, "youth-support", WITNESS, AT)
    log.keep_cosignature("youth-support", note, latest.checkpoint, AT)
    return witness_key("youth-support", WITNESS.public_raw).spelled


def test_a_receipt_is_proven_to_the_newest_checkpoint_that_a_partner_cosigned(log, ledger, tmp_path):
    fill(log, 1)
    key = cosigned(log)
    log.append(rung(Stage.ARRIVED, a_transfer(2), at=seconds(9)))
    with ledger.reading() as tx:
        proofs = [prove(tx, Entry.read(row), log.public) for row in leaves.newest(tx)]
    assert [proof.size for proof in proofs] == [7, *[6] * 6]
    write_proofs(tmp_path / "proofs", proofs, log.public)
    assert "cosigned by youth-support on 2026-11-24" in sound(
        log, tmp_path / "proofs", "--witness", key, "receipt-2.tlog-proof"
    )


def test_a_bad_cosignature_of_a_known_witness_is_not_sound(log, ledger, tmp_path):
    fill(log, 1)
    cosigned(log)
    other = witness_key("youth-support", SigningKey.generate_ed25519().public_raw)
    with ledger.reading() as tx:
        proof = prove(tx, Entry.read(leaves.newest(tx)[0]), log.public)
    forged = proof.note.replace(_id_of(proof.note), _id_of_key(other))
    write_proofs(tmp_path / "p", [proof], log.public)
    (tmp_path / "p" / "receipt-5.tlog-proof").write_text(proof.spelled().replace(proof.note, forged))
    assert "youth-support is not good" in unsound(
        log, tmp_path / "p", "--witness", other.spelled, "receipt-5.tlog-proof"
    )


def _id_of(note):
    return note.splitlines()[-1].split(" ")[2]


def _id_of_key(key):
    return base64.b64encode(key.key_id + bytes(72)).decode()


def test_a_leaf_that_the_tree_does_not_hold_is_not_proven(log, ledger, place):
    fill(log)
    with place.tampering() as db:
        db.execute("update node set hash = zeroblob(32) where level = 2 and node_index = 1")
    with ledger.reading() as tx, pytest.raises(LogBroken, match="leads to another root"):
        prove(tx, Entry.read(leaves.of_transfer(tx, ONE)[0]), log.public)


@pytest.mark.parametrize("size", SIZES)
def test_an_exported_log_is_whole(log, exported, size):
    assert f"of {size} receipts; 1 checkpoints" in sound(log, exported(size), ".")


def test_an_exported_log_lies_in_the_tiles_of_its_specification(exported):
    folder = exported(700)
    assert sorted(path.relative_to(folder / "tile").as_posix() for path in (folder / "tile").rglob("*") if path.is_file()) == [
        "0/000", "0/001", "0/002.p/188", "1/000.p/2", "entries/000", "entries/001", "entries/002.p/188",
    ]  # fmt: skip
    assert (folder / "tile/0/000").stat().st_size == 256 * 32


def test_the_number_of_a_tile_is_split_by_thousands():
    assert [_spelled(number) for number in (0, 999, 1000, 1234067)] == ["000", "999", "x001/000", "x001/x234/067"]


def test_every_checkpoint_and_cosignature_is_exported_and_compared(log, ledger, tmp_path):
    fill(log)
    key = cosigned(log)
    log.append(event(at=seconds(20)))
    with ledger.reading() as tx:
        export(tx, log.public, tmp_path / "log")
    write_checker(tmp_path / "log", log.public)
    assert "14 checkpoints lead to it" in sound(log, tmp_path / "log", "--witness", key, ".")


def flipped(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("name", "at", "says"),
    [
        ("tile/entries/000", 40, "receipt 0 is not the one"),
        ("tile/entries/002.p/188", -20, "receipt 699 is not the one"),
        ("tile/0/001", 32 * 9 + 3, "receipt 265 is not the one"),
        ("tile/1/000.p/2", 32, "the hash over receipts 256 to 511 is wrong"),
        ("checkpoint", 30, "signed|signature|malformed"),
    ],
)
def test_a_flipped_bit_in_an_exported_log_is_found_where_it_is(log, exported, name, at, says):
    folder = exported(700)
    flipped(folder / name, at)
    assert re.search(says, unsound(log, folder, "."))


def test_an_exported_log_that_was_made_consistent_by_hand_is_not_the_one_that_was_signed(log, exported):
    folder = exported(5)
    _rewrite(folder, lambda bodies: [bodies[0], bodies[1].replace(b'"matches":1', b'"matches":7'), *bodies[2:]])
    assert "are not what was signed" in unsound(log, folder, ".")


@pytest.mark.parametrize(
    "edit",
    [
        lambda b: [b[1], b[0], *b[2:]],
        lambda b: [b[0], b[0], *b[2:]],
        lambda b: [*b[:3], b[3].replace(b"2026", b"2025", 1), b[4]],
    ],
)
def test_swapped_doubled_or_back_dated_receipts_are_not_what_was_signed(log, exported, edit):
    folder = exported(5)
    _rewrite(folder, edit)
    assert unsound(log, folder, ".").startswith("NOT SOUND: receipt")


@pytest.mark.parametrize("keep", [0, 3])
def test_an_exported_log_that_was_cut_off_is_missing_a_receipt(log, exported, keep):
    folder = exported(5)
    _rewrite(folder, lambda bodies: bodies[:keep])
    assert f"receipt {keep} is missing: 5 were signed" in unsound(log, folder, ".")


def test_an_older_checkpoint_in_place_of_the_newest_is_found_by_those_that_were_signed(log, ledger, tmp_path):
    fill(log)
    with ledger.reading() as tx:
        export(tx, log.public, tmp_path / "log")
    write_checker(tmp_path / "log", log.public)
    notes = [json.loads(line) for line in (tmp_path / "log/checkpoints.jsonl").read_text().splitlines()]
    (tmp_path / "log/checkpoint").write_text(notes[3])
    assert unsound(log, tmp_path / "log", ".").startswith("NOT SOUND")


def test_a_log_that_is_not_what_was_signed_is_not_exported(log, ledger, place, tmp_path):
    fill(log)
    with place.tampering() as db:
        (body,) = db.execute("select body from leaf where leaf_index = 3").fetchone()
        db.execute("update leaf set body = ? where leaf_index = 3", (body.replace(b"hash", b"hasx"),))
    with ledger.reading() as tx, pytest.raises(LogBroken, match="leaf 3"):
        export(tx, log.public, tmp_path / "log")
    assert not (tmp_path / "log/checkpoint").exists()


def test_nothing_is_written_into_a_folder_that_is_there(log, ledger, tmp_path):
    fill(log, 1)
    (tmp_path / "log").mkdir()
    with ledger.reading() as tx, pytest.raises(StorageError):
        export(tx, log.public, tmp_path / "log")


def test_an_empty_log_is_not_exported(log, ledger, tmp_path):
    with ledger.reading() as tx, pytest.raises(LogBroken, match="empty"):
        export(tx, log.public, tmp_path / "log")


def _rewrite(folder, edit):
    """What somebody without the key could make of an export of fewer than 256: bodies and hashes that fit."""
    entries, hashes = folder / "tile/entries/000.p/5", folder / "tile/0/000.p/5"
    data, bodies = entries.read_bytes(), []
    while data:
        length = int.from_bytes(data[:2], "big")
        bodies.append(data[2 : 2 + length])
        data = data[2 + length :]
    bodies = edit(bodies)
    entries.write_bytes(b"".join(len(body).to_bytes(2, "big") + body for body in bodies))
    hashes.write_bytes(b"".join(hashlib.sha256(b"\0" + body).digest() for body in bodies))


def test_the_folder_can_be_moved_anywhere(log, exported, tmp_path):
    shutil.move(exported(3), tmp_path / "elsewhere")
    assert "whole" in sound(log, tmp_path / "elsewhere", ".")
