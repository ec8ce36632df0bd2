"""A rehearsal in three steps, and what tests ask about it."""

from dataclasses import replace

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.demo.council import DOMAIN
from gateway.seal.acknowledgement import Acknowledgement, sign
from gateway.story.rehearsal import ANSWERED
from gateway.vocabulary.parcel import acknowledgement_names
from tests.end_to_end.conftest import YSS

NAME = "youth-support"


@pytest.fixture
def place(world):
    return world.folder / "re hearsal"


@pytest.fixture
def step(type_in, place):
    return lambda which, *words: type_in("partner", "rehearse", NAME, f"--{which}", place, *words)


@pytest.fixture
def sealed(step, place):
    """A parcel in the folder, and nothing at the partner."""
    assert step("seal").code == 0
    (envelope,) = place.glob("*.json")
    return envelope.stem


@pytest.fixture
def answered(world, step, sealed):
    """The partner has answered, and its answer lies in the folder."""
    assert carried(step).code == 3
    world.partners[YSS].receive(world.clock())
    assert carried(step).code == 0
    return sealed


def carried(step):
    return step("carry", "--wait", "0")


def kinds(world):
    with world.opened() as gateway:
        return [entry.receipt.kind for entry in reversed(gateway.log.entries(limit=3))]


def answers_receipted(world):
    with world.opened() as gateway:
        return [entry.receipt.facts for entry in gateway.log.entries(kinds=(ANSWERED,))]


def verifies(type_in):
    return "the log is whole" in type_in("receipts", "verify").out


def answer_files(place, transfer):
    signature, body = (place / name for name in acknowledgement_names(transfer))
    return body, signature


def answered_anew(world, place, transfer, key=None, **changed):
    """As somebody with the partner's key could have it, or with another."""
    body, signature = answer_files(place, transfer)
    theirs = SigningKey.load((world.partners[YSS].home / "keys" / "acknowledge.key").read_bytes())
    answer = replace(Acknowledgement.parse(body.read_bytes()), **changed)
    data, signed = sign(answer, key or theirs, DOMAIN)
    body.write_bytes(data)
    signature.write_bytes(signed)
