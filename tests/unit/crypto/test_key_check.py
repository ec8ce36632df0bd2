"""A secret's check value: the same for ever, another for every other secret and role, and no part of the secret."""

import hmac

from gateway.crypto.key_check import check_value


def test_it_is_an_hmac_of_a_text_of_its_own():
    made = hmac.new(bytes(32), b"handoff-key-check/v1\nregister", "sha256").hexdigest()[:32]
    assert check_value("register", bytes(32)) == made == "9d52d31aeb42c7226c92ec6dc845c149"


def test_another_secret_has_another_and_so_has_another_role():
    found = {check_value(role, key) for role in ("register", "digest") for key in (bytes(32), bytes(31) + b"\1")}
    assert len(found) == 4
