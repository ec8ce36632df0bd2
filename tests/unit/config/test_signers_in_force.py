"""A revoked key, or one without its PIN where the role asks for it, counts nowhere: routes, handoffs, the checkup."""

import pytest

from gateway.config.load import load
from gateway.config.signed_routes import signature_path, unsigned_reason
from gateway.story.gate import load_signers
from gateway.vocabulary.errors import SignersInvalid
from tests.simulators.security_key import TOUCHED, VERIFIED, SecurityKey
from tests.unit.config.sound import AT, DOMAIN, OFFICER, found, line, signers


def second(ready):
    configuration = load(ready.home, {})
    return configuration, configuration.route("second")


def reason(ready):
    configuration, route = second(ready)
    suspension = unsigned_reason(configuration, route, AT)
    return suspension.sentence if suspension else None


def test_a_route_that_was_signed_with_a_key_that_is_revoked_stands_still(ready):
    assert reason(ready) is None
    signers(ready, "revoked").write_text(f"{OFFICER.fingerprint}\n")
    assert "has been revoked" in reason(ready)


def test_a_list_of_revoked_keys_that_cannot_be_understood_stops_routes_and_handoffs_and_is_told(ready):
    signers(ready, "revoked").write_text("the old laptop\n")
    assert "neither a fingerprint nor a public key" in reason(ready)
    with pytest.raises(SignersInvalid):
        load_signers(ready.workspace)
    assert any("neither a fingerprint nor a public key" in sentence for _, _, sentence in found(ready))


def test_the_checkup_sees_that_nobody_is_left_who_can_sign(ready):
    key = signers(ready, "prepare").read_text().split(" ", 2)[2]
    signers(ready, "revoked").write_text(key)
    assert any("nobody can sign in the role 'prepare'" in sentence for _, _, sentence in found(ready))


def test_where_a_pin_is_asked_for_a_route_is_signed_with_a_security_key_alone(ready, home):
    home.spoil("gateway", "sender", 'pin_roles = ["route"]\nsender')
    assert "needs a security key" in reason(ready)
    key = SecurityKey()
    signers(ready, "route").write_text(line("lee", "route", key=key.public.line()))
    _, route = second(ready)
    for flags, says in ((TOUCHED, "without its PIN"), (TOUCHED | VERIFIED, None)):
        text = key.sign(route.canonical(), f"route.second@{DOMAIN}", flags=flags)
        signature_path(ready.home, "second").write_text(text)
        assert says in reason(ready) if says else reason(ready) is None


def test_where_no_pin_is_asked_for_any_listed_key_counts(ready):
    loaded = load_signers(ready.workspace, frozenset({"approve"}))
    assert (loaded["prepare"].pin, loaded["approve"].pin) == (False, True)
