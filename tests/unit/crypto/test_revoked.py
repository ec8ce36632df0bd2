"""Keys that count no longer: the list is understood whole, or refused; and roles that need a PIN."""

import pytest

from gateway.crypto.revoked import parse_revoked
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import SigningKey
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.footing.signers_files import read_signers
from gateway.footing.workspace import Workspace
from gateway.vocabulary.errors import SignerRejected, SignersInvalid
from tests.simulators.security_key import TOUCHED, VERIFIED, SecurityKey
from tests.unit.crypto.test_signers import AT, JO, KIM, PREPARE, TEXT, line

REVOKED = "keys/signers/revoked"


def revoked(text):
    return parse_revoked(text, source=REVOKED)


def code(signers, signature):
    with pytest.raises(SignerRejected) as rejected:
        signers.verify(UnverifiedSignature.parse(signature), TEXT, PREPARE, AT)
    assert rejected.value.remedy
    return rejected.value.code


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(home=tmp_path, outbox=tmp_path / "outbox", state=tmp_path / "state", keys=tmp_path / "keys")
    made.signers("prepare").parent.mkdir(parents=True)
    made.signers("prepare").write_text(line("jo@x", JO, PREPARE) + line("kim@x", KIM, PREPARE))
    return made


@pytest.mark.parametrize("text", [
    f"{JO.fingerprint}\n", f"# lost\n\n{JO.public_line('jo@old-laptop')}\r\n", f"  {JO.public_line()}",
    f"{JO.fingerprint}\n{JO.public_line()}\n",
])  # fmt: skip
def test_a_key_is_revoked_by_its_fingerprint_or_its_line(text):
    assert revoked(text) == {JO.fingerprint}


def test_an_empty_list_revokes_nobody():
    assert revoked("# nobody yet\n\n") == frozenset()


@pytest.mark.parametrize("text", [
    "jo@x", JO.fingerprint[:-1], JO.fingerprint + "A", JO.fingerprint.lower(), f"{JO.fingerprint} jo", "MD5:00:11",
    "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-ed448 AAAA", f"jo {JO.public_line()}", "\ufeff# begins oddly",
])  # fmt: skip
def test_a_line_that_cannot_be_understood_refuses_the_list(text):
    with pytest.raises(SignersInvalid, match="revoked, line 2"):
        revoked(f"{KIM.fingerprint}\n{text}\n")


def test_a_revoked_key_counts_no_longer_in_any_role_and_another_does(workspace):
    before = read_signers(workspace, "prepare")
    assert before.verify(UnverifiedSignature.parse(JO.sign(TEXT, PREPARE)), TEXT, PREPARE, AT).principal == "jo@x"
    workspace.signers("revoked").write_text(f"{JO.fingerprint}\n")
    signers = read_signers(workspace, "prepare")
    assert code(signers, JO.sign(TEXT, PREPARE)) == "revoked-key"
    assert signers.verify(UnverifiedSignature.parse(KIM.sign(TEXT, PREPARE)), TEXT, PREPARE, AT).principal == "kim@x"
    assert [person.principal for person in signers.living()] == ["kim@x"]


@pytest.mark.parametrize("spoil", [
    lambda path: path.write_text("somebody\n"), lambda path: path.write_bytes(b"\xff\xfe"), lambda path: path.mkdir(),
    lambda path: path.symlink_to(path.with_name("nowhere")),
])  # fmt: skip
def test_a_list_that_is_there_and_cannot_be_read_lets_nobody_sign(workspace, spoil):
    spoil(workspace.signers("revoked"))
    with pytest.raises(SignersInvalid):
        read_signers(workspace, "prepare")


def test_a_role_without_its_file_is_refused(workspace):
    with pytest.raises(SignersInvalid, match="approve cannot be read"):
        read_signers(workspace, "approve")


@pytest.mark.parametrize("kind", ["ed25519", "rsa3072", "ecdsa256"])
def test_stock_ssh_keygen_revokes_by_the_same_list(kind, ssh_keygen, tmp_path):
    signature = ssh_keygen.sign(ssh_keygen.key(kind), TEXT, PREPARE)
    signers = f'jo@x namespaces="{PREPARE}" {ssh_keygen.public_line(kind)}\n'
    listed, empty = tmp_path / "revoked", tmp_path / "empty"
    listed.write_text(f"# lost\n{ssh_keygen.public_line(kind)}\n")
    empty.write_text("# nobody\n")
    assert ssh_keygen.accepts(signers, "jo@x", TEXT, signature, PREPARE, "-r", str(empty))
    assert not ssh_keygen.accepts(signers, "jo@x", TEXT, signature, PREPARE, "-r", str(listed))
    ours = Signers.parse(signers, source="x", revoked=revoked(listed.read_text()))
    assert code(ours, signature) == "revoked-key"


# touch and PIN


@pytest.mark.parametrize("make", [SecurityKey, SecurityKey.ecdsa])
def test_where_a_pin_is_asked_for_only_a_touched_and_unlocked_security_key_counts(make):
    key = make()
    signers = Signers.parse(line("jo@x", key, PREPARE) + line("kim@x", KIM, PREPARE), source="x", pin=True)
    unlocked = UnverifiedSignature.parse(key.sign(TEXT, PREPARE, flags=TOUCHED | VERIFIED))
    assert signers.verify(unlocked, TEXT, PREPARE, AT).principal == "jo@x"
    assert code(signers, key.sign(TEXT, PREPARE, flags=TOUCHED)) == "no-pin"
    assert code(signers, key.sign(TEXT, PREPARE, flags=VERIFIED)) == "not-touched"
    assert code(signers, KIM.sign(TEXT, PREPARE)) == "not-a-security-key"


@pytest.mark.parametrize("make", [SecurityKey, SecurityKey.ecdsa])
def test_stock_ssh_keygen_verifies_what_our_security_keys_sign(make, ssh_keygen):
    """Else the tests above would be about keys that there are not."""
    key = make()
    signature = key.sign(TEXT, PREPARE).encode()
    assert ssh_keygen.accepts(line("jo@x", key, PREPARE), "jo@x", TEXT, signature, PREPARE)
    assert not ssh_keygen.accepts(line("jo@x", key, PREPARE), "jo@x", TEXT + b"x", signature, PREPARE)
    assert not ssh_keygen.accepts(
        line("jo@x", SigningKey.generate_ed25519(), PREPARE), "jo@x", TEXT, signature, PREPARE
    )
