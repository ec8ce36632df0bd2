"""A partner that takes OpenPGP and has this program: `gateway receive` opens, loads and answers as it does with age."""

import re
import subprocess
import sys
from datetime import timedelta

import pytest

from gateway.crypto.openpgp.armor import PRIVATE, armored
from gateway.crypto.ssh_keys import SigningKey
from gateway.partner.disposing import purge
from gateway.partner.onboarding import make_receiver
from gateway.partner.settings import load_receiver
from gateway.seal.openpgp.own_key import message_signer
from gateway.seal.sealing import Addressee
from gateway.vocabulary.errors import ConfigError, KeyUnavailable
from gateway.vocabulary.parcel import names_of
from tests.simulators.council import AT, CSV, DOMAIN, ME, SENDER, Council
from tests.simulators.gnupg import gnupg
from tests.simulators.openpgp import kept
from tests.unit.partner.conftest import Partnership
from tests.unit.partner.ground import Youth

OURS = SigningKey.generate_ed25519()


@pytest.fixture
def partnership(tmp_path) -> Partnership:
    """Its folder holds what docs/PARTNERS.md puts there: no age identity, the exported key, the council's certificate."""
    council, home = Council(kept("partner").certificate, openpgp_key=OURS), tmp_path / "partner"
    details = make_receiver(
        home, me=ME, sender=SENDER, domain=DOMAIN, sender_key=council.key.public, log_key=council.log.public
    )
    (home / "keys" / "identity.key").unlink()
    put_key(home, kept("partner").exported)
    (home / "keys" / "council.asc").write_text(message_signer(OURS, SENDER, ME, DOMAIN).certificate())
    add(home, 'openpgp_key = "keys/openpgp.key"')
    return Partnership(home, council, details)


def put_key(home, data, name="openpgp.key"):
    path = home / "keys" / name
    path.touch(mode=0o600)
    path.write_bytes(data)


def add(home, line):
    with (home / "receiver.toml").open("a") as page:
        page.write(f"{line}\n")


def files_of(partnership, transfer):
    return {name: (partnership.inbox / name).read_bytes() for name in names_of(transfer, "openpgp")}


@pytest.mark.parametrize("version", [1, 2])
def test_a_parcel_is_taken_over_answered_and_cleared_away(partnership, version):
    transfer = partnership.send(version=version)
    assert partnership.received().result == "accepted"
    assert partnership.shown()[f"{transfer}.csv"] == CSV
    answer = partnership.answer(transfer)
    assert (answer.disposition, answer.rows) == ("accepted", 2)
    assert list(partnership.inbox.iterdir()) == []
    assert {path.name.split("-")[0] for path in (partnership.home / "state").iterdir()} == {"lock", "memory.sqlite"}


def test_it_cosigns_the_councils_log_as_any_partner_with_this_program_does(partnership):
    transfer = partnership.send()
    partnership.receive()
    assert partnership.vouched(transfer).size == partnership.council.log.size


def test_the_evidence_beside_the_manifest_is_for_stock_gpg(partnership):
    transfer = partnership.send()
    partnership.receive()
    page = partnership.home / "received" / f"{transfer}.manifest.json"
    with gnupg() as gpg:
        gpg.run("--import", stdin=(partnership.home / "keys" / "council.asc").read_bytes())
        assert "VALIDSIG" in gpg.run("--verify", f"{page}.sig", str(page))


def test_what_is_to_be_changed_and_removed_goes_into_the_database(partnership):
    youth = Youth(partnership)
    youth.take([("r1", "Wilf", "07700900001"), ("r2", "Ottoline", "")])
    youth.take([("r2", "Otti", "07700900002")], scope="changes")
    youth.taken_away(("r1", "whole"))
    assert youth.rows() == [("r2", "Otti", "07700900002")]


def test_what_is_due_is_destroyed_and_told(partnership):
    transfer = partnership.send(retention="Destroy it. [keep until 2026-12-01]")
    partnership.receive()
    gone = purge(load_receiver(partnership.home), AT + timedelta(days=8), no_copies=True)
    assert gone.transfers == (transfer,)


def test_a_parcel_that_comes_again_is_answered_alike_and_written_once(partnership):
    transfer = partnership.send()
    files = files_of(partnership, transfer)
    partnership.receive()
    first, shown = partnership.answer_bytes(transfer), partnership.shown()
    partnership.put(files)
    assert partnership.received().result == "repeated"
    assert partnership.answer_bytes(transfer) == first
    assert partnership.shown() == shown
    assert list(partnership.inbox.iterdir()) == []


def test_what_is_left_of_an_answered_parcel_is_swept(partnership):
    transfer = partnership.send()
    files = files_of(partnership, transfer)
    partnership.receive()
    del files[f"{transfer}.json"]
    partnership.put(files)
    assert partnership.receive() == []
    assert list(partnership.inbox.iterdir()) == []


def test_a_gap_waits_and_a_message_that_was_changed_is_rejected(partnership):
    partnership.send(sequence=2)
    assert partnership.received().result == "waits"
    first = partnership.send(sequence=1)
    path = partnership.inbox / f"{first}.pgp"
    path.write_bytes(path.read_bytes()[:-1])
    found = partnership.receive()
    assert [(one.result, one.code) for one in found] == [("rejected", "ciphertext-hash"), ("accepted", None)]
    assert partnership.answer(first).disposition == "rejected"


@pytest.mark.parametrize("name", [".pgp", ".manifest.pgp"])
@pytest.mark.parametrize("spoil", ["missing", "folder", "link"])
def test_a_message_that_is_no_regular_file_is_rejected(partnership, tmp_path, name, spoil):
    transfer = partnership.send()
    path = partnership.inbox / f"{transfer}{name}"
    whole = tmp_path / "whole"
    path.rename(whole)
    if spoil == "folder":
        path.mkdir()
    elif spoil == "link":
        path.symlink_to(whole)
    assert partnership.received().code == "ciphertext-hash"
    assert partnership.shown() == {}


def test_a_parcel_for_a_key_that_is_not_ours_is_answered_so_though_its_format_cannot_be_told(partnership, tmp_path):
    """Version 1 says it by its recipients, and these name neither key: no age file is there."""
    make_receiver(
        tmp_path / "age", me=ME, sender=SENDER, domain=DOMAIN, sender_key=SigningKey.generate_ed25519().public,
        log_key=partnership.council.log.public,
    )  # fmt: skip
    put_key(partnership.home, (tmp_path / "age" / "keys" / "identity.key").read_bytes(), "identity.key")
    partnership.send(version=1, recipients=(Addressee(id=ME, recipient=kept("following").certificate),))
    received = partnership.received()
    assert (received.result, received.code) == ("rejected", "not-addressed")


def test_a_partner_that_goes_from_age_to_openpgp_takes_both_meanwhile(partnership, tmp_path):
    other = make_receiver(
        tmp_path / "age", me=ME, sender=SENDER, domain=DOMAIN, sender_key=partnership.council.key.public,
        log_key=partnership.council.log.public,
    )  # fmt: skip
    put_key(partnership.home, (tmp_path / "age" / "keys" / "identity.key").read_bytes(), "identity.key")
    to_age = (Addressee(id=ME, recipient=other.recipient),)
    for number, version in enumerate((1, 2), start=1):
        partnership.send(sequence=2 * number - 1, version=version, format="age", recipients=to_age)
        partnership.send(sequence=2 * number, version=version)
    assert [one.result for one in partnership.receive()] == ["accepted"] * 4


def test_a_partner_that_changes_its_certificate_opens_with_either(partnership):
    put_key(partnership.home, kept("partner").exported + kept("following").exported)
    both = tuple(Addressee(id=ME, recipient=kept(name).certificate) for name in ("partner", "following"))
    partnership.send(recipients=both)
    partnership.send(sequence=2, recipients=both[1:])
    assert [one.result for one in partnership.receive()] == ["accepted"] * 2


def test_a_council_that_changes_its_key_for_the_partner_is_believed_under_either(partnership):
    following = SigningKey.generate_ed25519()
    partnership.send()
    partnership.council.openpgp_key = following
    last = partnership.send(sequence=2)
    assert [one.code for one in partnership.receive()] == [None, "content-signature"]
    with (partnership.home / "keys" / "council.asc").open("a") as certificates:
        certificates.write(message_signer(following, SENDER, ME, DOMAIN).certificate())
    partnership.send(sequence=3)
    assert partnership.received().result == "accepted"
    assert partnership.answer(last).code == "content-signature"


def test_a_key_under_a_passphrase_opens_with_the_file_that_holds_it(partnership):
    lock = "a sentence that nobody guesses"
    with gnupg() as gpg:
        gpg.make_kind("locked", "future-default", passphrase=lock)
        put_key(partnership.home, armored(gpg.exported("locked", passphrase=lock), PRIVATE).encode())
        partnership.council.recipient = gpg.certificate("locked")
    with pytest.raises(KeyUnavailable, match="passphrase"):
        partnership.receive()
    add(partnership.home, 'passphrase = "keys/passphrase.key"')
    put_key(partnership.home, b"another\n", "passphrase.key")
    with pytest.raises(KeyUnavailable, match="could not be unlocked"):
        partnership.receive()
    put_key(partnership.home, f"{lock}\n".encode(), "passphrase.key")
    partnership.send()
    assert partnership.received().result == "accepted"


# what is refused before anything is opened


@pytest.mark.parametrize("name", ["openpgp.key", "acknowledge.key"])
@pytest.mark.parametrize("spoil", [
    lambda path: path.unlink(), lambda path: path.chmod(0o640), lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(b"canary"),
], ids=["missing", "readable", "empty", "no key"])  # fmt: skip
def test_a_key_that_is_missing_unsafe_or_no_key_is_not_used(partnership, name, spoil):
    spoil(partnership.home / "keys" / name)
    with pytest.raises(KeyUnavailable) as failed:
        load_receiver(partnership.home)
    assert "canary" not in str(failed.value)


@pytest.mark.parametrize("text", [
    "", "canary", message_signer(OURS, SENDER, "another", DOMAIN).certificate(),
    message_signer(OURS, "another", ME, DOMAIN).certificate(), message_signer(OURS, SENDER, ME, "other.example").certificate(),
], ids=["empty", "no certificate", "for another partner", "of another sender", "of another gateway"])  # fmt: skip
def test_a_certificate_that_is_not_the_senders_for_us_is_refused(partnership, text):
    (partnership.home / "keys" / "council.asc").write_text(text)
    with pytest.raises(KeyUnavailable, match="sender's OpenPGP certificate") as failed:
        load_receiver(partnership.home)
    assert "canary" not in str(failed.value)


def test_without_the_senders_certificate_nothing_is_received(partnership):
    (partnership.home / "keys" / "council.asc").unlink()
    with pytest.raises(ConfigError) as failed:
        load_receiver(partnership.home)
    assert "openpgp_sender" in failed.value.remedy


def test_an_age_identity_may_be_missing_only_where_there_is_an_openpgp_key(partnership):
    assert load_receiver(partnership.home).reader.identities == ()
    page = partnership.home / "receiver.toml"
    page.write_text(re.sub(r"(?m)^openpgp_key = .*\n", "", page.read_text()))
    with pytest.raises(KeyUnavailable, match="identity"):
        load_receiver(partnership.home)


# large ones

MEGABYTES = 112
RECEIVE = """
import resource, sys
from datetime import datetime
from pathlib import Path
from gateway.partner.receiving import receive
from gateway.partner.settings import load_receiver
home, at = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
assert receive(load_receiver(home), at) == ()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
(Path(sys.argv[3])).rename(home / "inbox" / Path(sys.argv[3]).name)
(found,) = receive(load_receiver(home), at)
print(found.result, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_what_is_opened(partnership, tmp_path):
    """The envelope comes last: until then the inbox is as good as empty, and what the program itself needs is seen."""
    row = b"reference-1234567,a forename of some length,and another column of it\n"
    chunks = [b"reference,forename,more\n", *([row * ((1 << 20) // len(row))] * MEGABYTES)]
    transfer = partnership.send(*chunks, rows=(1 << 20) // len(row) * MEGABYTES)
    envelope = tmp_path / f"{transfer}.json"
    (partnership.inbox / envelope.name).rename(envelope)
    command = [sys.executable, "-c", RECEIVE, str(partnership.home), AT.isoformat(), str(envelope)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=170)
    assert done.returncode == 0, done.stderr
    result, kilobytes = done.stdout.split()
    assert result == "accepted"
    assert int(kilobytes) < 64 << 10
