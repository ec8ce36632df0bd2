"""Who can sign for the register today, and what the checkup says when too few can."""

import pytest

from gateway.crypto.ssh_keys import PublicKey
from tests.unit.config.sound import found, only, register_line, signers

NAME = "signers of the register"


def test_a_sound_home_has_two_people_for_the_register(ready):
    assert found(ready) == []


@pytest.mark.parametrize(
    ("lines", "acts"),
    [
        ("", ["register.import", "hold.lift", "hold.list"]),
        (register_line("mo"), ["register.import", "hold.lift"]),
        (register_line("mo") + register_line("mo"), ["register.import", "hold.lift"]),
        (register_line("mo") + register_line("nor", ("register.import", "hold.list")), ["hold.lift"]),
        (register_line("mo") + register_line("nor", options=',valid-before="20260101Z"'), ["register.import", "hold.lift"]),
        (register_line("mo") + register_line("nor", options=',valid-after="20270101Z"'), ["register.import", "hold.lift"]),
    ],
)  # fmt: skip
def test_acts_for_which_too_few_can_sign_are_named(ready, lines, acts):
    signers(ready, "register").write_text(lines)
    problems = found(ready)
    assert [(outcome, name) for outcome, name, _ in problems] == [("warn", NAME)] * len(acts)
    assert [sentence.split(" sign ")[1].split()[0] for _, _, sentence in problems] == acts


def test_a_missing_list_is_a_warning_and_a_broken_one_is_worse(ready):
    signers(ready, "register").unlink()
    assert only(ready)[:2] == ("warn", NAME)
    signers(ready, "register").write_text("mo@x ssh-ed25519 AAAA\n")
    assert only(ready)[:2] == ("fail", NAME)


def test_a_revoked_key_signs_no_more(ready):
    key = signers(ready, "register").read_text().splitlines()[0].split(" ", 2)[2]
    signers(ready, "revoked").write_text(PublicKey.parse(key).fingerprint + "\n")
    signers(ready, "revoked").chmod(0o644)
    told = [sentence.split(" sign ")[1].split()[0] for _, name, sentence in found(ready) if name == NAME]
    assert told == ["register.import", "hold.lift"]


def test_an_act_that_the_register_does_not_know_is_named(ready):
    with signers(ready, "register").open("a") as lines:
        lines.write(register_line("pat", ("register.imports",)))
    assert "has a namespace that the register does not use" in only(ready)[2]
