"""The officer's signature over a route: without it, or after any change, the route stands still."""

import pytest

from gateway.config.load import load
from gateway.config.signed_routes import signature_path
from gateway.crypto.ssh_keys import SigningKey
from tests.unit.config.sound import DOMAIN, only


def test_a_route_that_nobody_signed_is_suspended(ready):
    signature_path(ready.home, "second").unlink()
    assert only(ready)[1:] == ("route second", "the route second is suspended: nobody has signed it")


@pytest.mark.parametrize(
    ("page", "old", "new"),
    [
        ("policies/second", "2027-03-31", "2028-03-31"),
        ("policies/second", '"postcode"]', '"postcode", "address_line_1"]'),
        ("partners/second", "sftp.partner.test", "sftp.elsewhere.test"),
        ("schemas/second", '"DOB"', '"Born"'),
    ],
)
def test_a_route_is_suspended_by_any_change_since_it_was_signed(ready, home, page, old, new):
    home.spoil(page, old, new)
    outcome, name, sentence = only(ready)
    assert (outcome, name) == ("fail", "route second")
    assert "its signature does not count" in sentence


def test_a_route_that_a_stranger_signed_is_suspended(ready):
    (route,) = (route for route in load(ready.home, {}).routes if route.name == "second")
    forged = SigningKey.generate_ed25519().sign(route.canonical(), f"route.second@{DOMAIN}")
    signature_path(ready.home, "second").write_text(forged)
    assert only(ready)[1] == "route second"


def test_the_signature_of_one_route_does_not_serve_another(ready):
    signature_path(ready.home, "second").write_bytes(signature_path(ready.home, "first").read_bytes())
    assert only(ready)[1] == "route second"
