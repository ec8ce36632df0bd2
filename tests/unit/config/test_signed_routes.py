"""The officer's signature over a route: without it, or after any change, the route stands still."""

import pytest

from gateway.config.load import load
from gateway.config.signed_routes import signature_path, unsigned_reason
from gateway.crypto.ssh_keys import SigningKey
from tests.unit.config.sound import AT, DOMAIN, OFFICER, found, only, signers


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


def of_second(configuration):
    (route,) = (route for route in load(configuration.home, {}).routes if route.name == "second")
    return route


def test_a_partner_that_no_second_person_signed_stands_still(ready):
    signature_path(ready.home, "second", "partner").unlink()
    assert only(ready)[2] == "the route second is suspended: the partner's record: nobody has signed it"


@pytest.mark.parametrize(
    ("old", "new"), [("sftp.partner.test", "sftp.elsewhere.test"), ('username = "', 'username = "x')]
)
def test_the_officer_alone_cannot_send_things_elsewhere(ready, home, old, new):
    home.spoil("partners/second", old, new)
    signature_path(ready.home, "second").write_text(
        OFFICER.sign(of_second(ready).canonical(), f"route.second@{DOMAIN}")
    )
    assert "the partner's record: its signature does not count" in only(ready)[2]


def test_a_change_of_the_rules_needs_the_officer_alone(ready, home):
    home.spoil("policies/second", "2027-03-31", "2028-03-31")
    signature_path(ready.home, "second").write_text(
        OFFICER.sign(of_second(ready).canonical(), f"route.second@{DOMAIN}")
    )
    assert unsigned_reason(load(ready.home, {}), of_second(ready), AT) is None


def test_one_person_with_two_keys_is_one_person(ready):
    ours = signers(ready, "partner")
    ours.write_text(ours.read_text().replace("max@x", "lee@x"))
    assert all("one person signed both" in sentence for _, _, sentence in found(ready))
    assert len(found(ready)) == 2


@pytest.mark.parametrize("role", ["route", "partner"])
def test_a_signature_in_one_role_does_not_serve_in_the_other(ready, role):
    other = {"route": "partner", "partner": "route"}[role]
    data = signature_path(ready.home, "second", other).read_bytes()
    signature_path(ready.home, "second", role).write_bytes(data)
    assert "suspended" in only(ready)[2]
