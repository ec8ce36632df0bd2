"""Whose signature counts: the reasons against it, in the order in which a person wants to hear them."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.crypto.signers import Signed, Signers
from gateway.crypto.ssh_keys import SigningKey
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.vocabulary.errors import SignerRejected, SignersInvalid
from tests.simulators.security_key import SecurityKey

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
PREPARE, APPROVE, OTHER = "prepare.yss@x", "approve.yss@x", "prepare.ofsted@x"
TEXT = b"what is about to leave\n"
JO, KIM, STRANGER = (SigningKey.generate_ed25519() for _ in range(3))
SECOND = timedelta(seconds=1)


def line(who, key, *namespaces, options=""):
    return f'{who} namespaces="{",".join(namespaces)}"{options} {key.public.line()}\n'


def role(*lines, revoked=()):
    return Signers.parse("".join(lines), source="keys/signers/prepare", revoked=frozenset(revoked))


def judged(signers, text, namespace=PREPARE, message=TEXT, at=AT):
    return signers.verify(UnverifiedSignature.parse(text), message, namespace, at)


def rejected(signers, text, namespace=PREPARE, message=TEXT, at=AT):
    with pytest.raises(SignerRejected) as caught:
        judged(signers, text, namespace, message, at)
    assert caught.value.remedy
    return caught.value


JOS = line("jo@x", JO, PREPARE)


def test_whoever_may_sign_and_signed_is_named():
    signed = judged(role(JOS, line("kim@x", KIM, PREPARE)), JO.sign(TEXT, PREPARE))
    assert signed == Signed(principal="jo@x", fingerprint=JO.fingerprint, namespace=PREPARE)


@pytest.mark.parametrize(
    ("code", "signers", "signature"),
    [
        ("unknown-key", role(JOS), STRANGER.sign(TEXT, PREPARE)),
        ("unknown-key", role(), JO.sign(TEXT, PREPARE)),
        ("revoked-key", role(JOS, revoked=[JO.fingerprint]), JO.sign(TEXT, PREPARE)),
        ("revoked-key", role(revoked=[STRANGER.fingerprint]), STRANGER.sign(TEXT, PREPARE)),
        ("signature-mismatch", role(JOS), JO.sign(TEXT + b"x", PREPARE)),
        ("wrong-namespace", role(JOS), JO.sign(TEXT, OTHER)),
        ("not-for-this-route", role(line("jo@x", JO, OTHER)), JO.sign(TEXT, PREPARE)),
        ("signer-expired", role(line("jo@x", JO, PREPARE, options=',valid-before="20261124Z"')), JO.sign(TEXT, PREPARE)),
        ("signer-not-yet-valid", role(line("jo@x", JO, PREPARE, options=',valid-after="20261125Z"')), JO.sign(TEXT, PREPARE)),
    ],
)  # fmt: skip
def test_a_signature_that_does_not_count_is_rejected_by_its_reason(code, signers, signature):
    assert rejected(signers, signature).code == code


LATE = ',valid-before="20261124Z"'


@pytest.mark.parametrize(
    ("first", "signers", "signature", "message"),
    [
        # each has its own fault and all that come later in the order
        ("revoked-key", role(line("jo@x", JO, OTHER, options=LATE), revoked=[JO.fingerprint]), JO.sign(TEXT, OTHER), b"x"),
        ("unknown-key", role(line("kim@x", KIM, OTHER, options=LATE)), JO.sign(TEXT, OTHER), b"x"),
        ("signature-mismatch", role(line("jo@x", JO, OTHER, options=LATE)), JO.sign(TEXT, OTHER), b"x"),
        ("wrong-namespace", role(line("jo@x", JO, OTHER, options=LATE)), JO.sign(TEXT, OTHER), TEXT),
        ("not-for-this-route", role(line("jo@x", JO, OTHER, options=LATE)), JO.sign(TEXT, PREPARE), TEXT),
        ("signer-expired", role(line("jo@x", JO, PREPARE, options=LATE)), JO.sign(TEXT, PREPARE), TEXT),
    ],
)  # fmt: skip
def test_of_several_reasons_the_first_in_order_is_told(first, signers, signature, message):
    assert rejected(signers, signature, message=message).code == first


def test_an_untouched_security_key_is_rejected_last_of_all():
    key = SecurityKey()
    untouched = key.sign(TEXT, PREPARE, flags=0)
    late = role(line("jo@x", key, PREPARE, options=LATE))
    assert rejected(late, untouched).code == "signer-expired"
    assert rejected(role(line("jo@x", key, PREPARE)), untouched).code == "not-touched"
    assert judged(role(line("jo@x", key, PREPARE)), key.sign(TEXT, PREPARE)).principal == "jo@x"


WINDOW = ',valid-after="20261124093000Z",valid-before="20261124094500Z"'
BEGINS, ENDS = AT, AT + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (BEGINS - SECOND, "signer-not-yet-valid"),
        (BEGINS - timedelta(microseconds=1), "signer-not-yet-valid"),
        (BEGINS, None),
        (ENDS - SECOND, None),
        (ENDS - timedelta(microseconds=1), None),
        (ENDS, "signer-expired"),
        (ENDS + SECOND, "signer-expired"),
    ],
)
def test_a_right_to_sign_begins_and_ends_to_the_second(at, code, ssh_keygen):
    text, signature = line("jo@x", JO, PREPARE, options=WINDOW), JO.sign(TEXT, PREPARE)
    if code:
        assert rejected(role(text), signature, at=at).code == code
        return
    assert judged(role(text), signature, at=at).principal == "jo@x"
    when = f"-Overify-time={at:%Y%m%d%H%M%S}Z"
    assert ssh_keygen.accepts(text, "jo@x", TEXT, signature.encode(), PREPARE, when)


def test_a_right_that_was_renewed_counts_and_the_gap_between_does_not():
    first = line("jo@x", JO, PREPARE, options=',valid-before="20261101Z"')
    second = line("jo@x", JO, PREPARE, options=',valid-after="20261201Z"')
    signers, signature = role(first, second), JO.sign(TEXT, PREPARE)
    assert judged(signers, signature, at=datetime(2026, 10, 31, tzinfo=UTC))
    assert judged(signers, signature, at=datetime(2026, 12, 1, tzinfo=UTC))
    error = rejected(signers, signature)
    assert error.code == "signer-not-yet-valid"
    assert "2026-12-01T00:00:00Z" in error.message


def test_the_end_that_is_told_is_the_last_one():
    lines = [line("jo@x", JO, PREPARE, options=f',valid-before="2026{month}01Z"') for month in ("10", "11")]
    assert "2026-11-01T00:00:00Z" in rejected(role(*lines), JO.sign(TEXT, PREPARE)).message


def test_a_right_for_one_route_is_none_for_another_though_both_are_signed():
    signers = role(line("jo@x", JO, PREPARE, OTHER))
    assert rejected(signers, JO.sign(TEXT, OTHER)).code == "wrong-namespace"
    assert judged(signers, JO.sign(TEXT, OTHER), namespace=OTHER).namespace == OTHER


def test_only_a_namespace_of_ours_is_repeated_to_people():
    signers = role(line("jo@x", JO, PREPARE, OTHER))
    assert OTHER in rejected(signers, JO.sign(TEXT, OTHER)).message
    planted = rejected(signers, JO.sign(TEXT, "see http://evil.example"))
    assert "evil" not in planted.message + planted.remedy


def test_two_people_never_share_a_key():
    with pytest.raises(SignersInvalid, match=r"line 3: kim@x has the key of jo@x \(keys/signers/prepare, line 1\)"):
        role(JOS, "# Kim has no key yet\n", line("kim@x", JO, APPROVE))


def test_two_people_never_share_a_key_across_files():
    approve = Signers.parse(line("kim@x", JO, APPROVE), source="keys/signers/approve")
    with pytest.raises(SignersInvalid, match="keys/signers/approve, line 1: kim@x has the key of jo@x"):
        role(JOS).refuse_shared(approve)


def test_one_person_may_stand_there_often_and_in_two_roles():
    approve = Signers.parse(line("jo@x", JO, APPROVE), source="keys/signers/approve")
    role(JOS, line("jo@x", JO, OTHER), line("jo@x", KIM, PREPARE)).refuse_shared(approve)


def test_a_fault_is_named_by_the_line_an_editor_shows():
    with pytest.raises(SignersInvalid, match="keys/signers/prepare, line 4: "):
        role(JOS, "\r\n", "# a comment with \u2028 in it\n", "kim@x ssh-ed25519 AAAA\n")


def test_what_is_revoked_stays_so_wherever_it_stands():
    signers = role(JOS, line("kim@x", KIM, PREPARE), revoked=[JO.fingerprint])
    assert rejected(signers, JO.sign(TEXT, PREPARE)).code == "revoked-key"
    assert judged(signers, KIM.sign(TEXT, PREPARE)).principal == "kim@x"
