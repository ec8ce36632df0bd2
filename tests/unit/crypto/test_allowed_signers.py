"""Allowed signers: each line that could let somebody act whom nobody named is refused, by name."""

from datetime import UTC, datetime

import pytest

from gateway.crypto.allowed_signers import parse_line
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import SigningKey
from gateway.crypto.ssh_public import PublicKey
from gateway.crypto.ssh_wire import mpint, string
from gateway.vocabulary.errors import SignersInvalid
from tests.simulators.security_key import SecurityKey

DOMAIN = "council.example"
NAMESPACE = f"prepare.yss@{DOMAIN}"
SIGNING = SigningKey.generate_ed25519()
KEY = SIGNING.public_line()
OPTIONS = f'namespaces="{NAMESPACE}"'
WEAK = PublicKey(string(b"ssh-rsa") + mpint(65537) + mpint((1 << 2047) + 1)).line()


def line(principal="jo@council.example", options=OPTIONS, key=KEY):
    return f"{principal} {options} {key}"


def test_a_line_names_one_person_and_what_they_may_do_and_when():
    options = f'valid-after="20261101Z",namespaces="{NAMESPACE},approve.ofsted@x",valid-before="202612010930Z"'
    signer = parse_line(line(options=options), "prepare, line 1")
    assert (signer.principal, signer.key, signer.where) == ("jo@council.example", SIGNING.public, "prepare, line 1")
    assert signer.namespaces == {NAMESPACE, "approve.ofsted@x"}
    assert signer.valid_after == datetime(2026, 11, 1, tzinfo=UTC)
    assert signer.valid_before == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("why", "text"),
    [
        # no namespaces
        ("lacks namespaces", line(options="", key=KEY)),
        ("lacks namespaces", line(options="restrict")),
        ("lacks namespaces", line(options='valid-before="20271231Z"')),
        ("lacks namespaces", line(options="namespaces")),
        ("lacks namespaces", line(options='namespaces=""')),
        # a wildcard or a negation
        ("a namespace holds", line(options='namespaces="*"')),
        ("a namespace holds", line(options='namespaces="prepare.*@council.example"')),
        ("a namespace holds", line(options='namespaces="prepare.ys?@council.example"')),
        ("a namespace holds", line(options=f'namespaces="!{NAMESPACE}"')),
        ("a namespace holds", line(options=f'namespaces="{NAMESPACE},!x"')),
        ("a namespace holds", line(options=f'namespaces="{NAMESPACE}, x"')),
        ("a namespace holds", line(options=f'namespaces="{NAMESPACE},"')),
        ("one person", line("*")),
        ("one person", line("*@council.example")),
        ("one person", line("j?@council.example")),
        ("one person", line("!jo@council.example")),
        # several people, or one under two names
        ("one person", line("jo@council.example,kim@council.example")),
        ("one person", line('"jo@council.example"')),
        ("one person", line('"jo kim"')),
        ("one person", line("Jo@council.example")),
        ("one person", line("jö@council.example")),
        ("one person", line("\u0458o@council.example")),
        # a certificate authority, options that are not known
        ("'cert-authority' is not allowed", line(options=f"cert-authority,{OPTIONS}")),
        ("'cert-authority' is not allowed", line(options=f"{OPTIONS},cert-authority")),
        ("'no-touch-required' is not allowed", line(options=f"no-touch-required,{OPTIONS}")),
        ("not spelled", line(options=f"{OPTIONS.upper()},{OPTIONS}")),
        ("not spelled", line(options=f"namespaces={NAMESPACE}")),
        ("is not PERSON", line(options=f'namespaces="{NAMESPACE}\\""')),
        ("not spelled", line(options=f"{OPTIONS},")),
        ("stands there twice", line(options=f"{OPTIONS},{OPTIONS}")),
        ("stands there twice", line(options=f'{OPTIONS},valid-before="20271231Z",valid-before="20991231Z"')),
        # a validity that is not UTC, or not a date
        ("not a real one", line(options=f'{OPTIONS},valid-before="20271231"')),
        ("not a real one", line(options=f'{OPTIONS},valid-before="20271231UTC"')),
        ("not a real one", line(options=f'{OPTIONS},valid-before="20271331Z"')),
        ("not a real one", line(options=f'{OPTIONS},valid-before="20270229Z"')),
        ("not a real one", line(options=f'{OPTIONS},valid-before="2027123124Z"')),
        ("not a real one", line(options=f'{OPTIONS},valid-before="20271231235960Z"')),
        ("not a real one", line(options=f'{OPTIONS},valid-before="2027-12-31Z"')),
        ("not a real one", line(options=f'{OPTIONS},valid-after="19700101Z"')),
        ("not a real one", line(options=f'{OPTIONS},valid-after="19000101Z"')),
        ("not a real one", line(options=f'{OPTIONS},valid-before="always"')),
        ("not a real one", line(options=f'{OPTIONS},valid-before=""')),
        ("not a real one", line(options=f'{OPTIONS},valid-before="٢٠٢٧١٢٣١Z"')),
        ("ends before it begins", line(options=f'{OPTIONS},valid-after="20261201Z",valid-before="20261201Z"')),
        # a key that is none, is weak, or that a web site can ask
        ("fewer than 3072", line(key=WEAK)),
        ("a web site", line(key=SecurityKey(b"portal.example").public.line())),
        ("a web site", line(key=SecurityKey.ecdsa(b"").public.line())),
        ("public key", line(key="ssh-ed25519 AAAA")),
        ("public key", line(key=KEY.replace("ssh-ed25519", "ssh-rsa"))),
        ("public key", line(key=f"restrict {KEY}")),
        ("public key", line(key=KEY.split()[1])),
        # what cannot be seen
        ("cannot be seen", "\ufeff" + line()),
        ("cannot be seen", line() + "\u200b"),
        ("cannot be seen", line().replace(" ", "\u00a0", 1)),
        ("cannot be seen", line() + "\x1b[8m hidden"),
        ("cannot be seen", line() + "\0"),
        ("is not PERSON", "jo@council.example"),
        ("is not PERSON", f'jo@council.example namespaces="{NAMESPACE}'),
    ],
)  # fmt: skip
def test_a_line_is_refused_for_its_reason_and_says_where(why, text):
    with pytest.raises(SignersInvalid, match=why) as caught:
        parse_line(text, "keys/signers/prepare, line 3")
    assert caught.value.message.startswith("keys/signers/prepare, line 3: ")
    assert caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        line(),
        line("o'neill-smith.jo+office@council.example"),
        line("7"),
        line(options=f'namespaces="x,{NAMESPACE}"'),
        line(options=f'{OPTIONS},valid-after="20261101Z"'),
        line(options=f'valid-before="20261231Z",{OPTIONS}'),
        line(options=f'{OPTIONS},valid-after="202611010930Z",valid-before="20261231235959Z"'),
        line(options=f'{OPTIONS},valid-after="19700102Z",valid-before="21060101Z"'),
        line(key=KEY + " Jo's laptop, the grey one (ä)"),
        line().replace(" ", "\t"),
        line().replace(" ", " \t  ", 1),
        "  " + line() + "  ",
        line() + "\r",
        "# Jo, until further notice\n\n   # and nobody else\n" + line(),
    ],
)
def test_what_is_accepted_here_the_stock_tool_accepts(text, ssh_keygen):
    signers = Signers.parse(text + "\n", source="prepare")
    who, at = signers.people[0].principal, datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    signature = SIGNING.sign(b"text", NAMESPACE).encode()
    when = f"-Overify-time={at:%Y%m%d%H%M%S}Z"
    assert ssh_keygen.accepts(text + "\n", who, b"text", signature, NAMESPACE, when)


@pytest.mark.parametrize("kind", ["ed25519", "rsa3072", "ecdsa256", "ecdsa384", "ecdsa521"])
def test_every_kind_of_key_that_is_used_can_stand_there(kind, ssh_keygen):
    public = ssh_keygen.public_line(kind)
    assert parse_line(line(key=public), "x").key == PublicKey.parse(public)


@pytest.mark.parametrize("make", [SecurityKey, SecurityKey.ecdsa])
def test_a_security_key_for_ssh_can_stand_there(make, ssh_keygen):
    key = make()
    text = line(key=key.public.line())
    assert parse_line(text, "x").key == key.public
    signature = key.sign(b"text", NAMESPACE).encode()
    assert ssh_keygen.accepts(text + "\n", "jo@council.example", b"text", signature, NAMESPACE)
