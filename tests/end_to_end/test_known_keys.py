"""Another secret of the right form, put in the place of the one that recorded things were made with: nothing goes on with it."""

import secrets

import pytest

from gateway.config.checkup.check import Surroundings
from gateway.config.checkup.rotations import rotations_are_ended
from gateway.service.wiring import opened
from gateway.vocabulary.errors import KeyUnavailable
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS

SECRETS = ("register", "digest", "reference-{}")


def named(world, role):
    (partner,) = {route.partner.partner for route in world.council.configuration.routes if route.name == YSS}
    return role.format(partner)


def another(world, role):
    """What it was, and in its place a key that nobody can tell from it by looking."""
    path = world.council.configuration.prepare_keys.folder / f"{named(world, role)}.key"
    before = path.read_bytes()
    path.write_text(secrets.token_hex(32) + "\n")
    return path, before


def handed_over(world):
    world.approved()
    world.run()
    assert world.stages() == [Stage.DELIVERED]


@pytest.mark.parametrize("role", SECRETS)
def test_nothing_leaves_with_another_secret_and_all_goes_on_with_the_old_one(world, role):
    handed_over(world)
    path, before = another(world, role)
    lines = world.extract().splitlines(keepends=True)
    world.drop(b"".join(lines[:-1]))
    told = world.run()
    assert any(
        isinstance(fault, KeyUnavailable) and f"{named(world, role)}.key is not the key" in fault.message
        for fault in told.faults
    )
    assert world.stages() == [Stage.DELIVERED]
    path.write_bytes(before)
    world.run()
    assert sorted(world.stages()) == [Stage.DELIVERED, Stage.WAITING]


def test_no_hold_is_added_and_nobody_is_looked_up_with_another_register_key(world):
    """Holds are in the ledger before anything was handed over, and are known to be of the old key."""
    another(world, "register")
    with pytest.raises(KeyUnavailable, match=r"register\.key is not the key"):
        world.hold({"upn": "H801200001001"})
    with (
        opened(world.council.configuration, clock=world.clock, telemetry=world.council.telemetry) as gateway,
        pytest.raises(KeyUnavailable, match=r"register\.key is not the key") as refused,
    ):
        _ = gateway.register_key
    assert "restore register.key from its backup" in refused.value.remedy


def test_a_secret_that_nothing_was_made_with_may_be_another_one(world):
    another(world, "digest")
    another(world, SECRETS[-1])
    handed_over(world)


def test_doctor_says_which_secret_is_another(world):
    handed_over(world)
    for role in SECRETS:
        another(world, role)
    found = list(
        rotations_are_ended(world.council.configuration, Surroundings(at=world.clock(), mounts="", clock="unknown"))
    )
    assert sorted(check.sentence.split(".key")[0] for check in found) == sorted(named(world, role) for role in SECRETS)
