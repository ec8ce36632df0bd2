"""Two versions of envelope and manifest: a receiver takes both, each strictly, and what is written is what was asked for."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from gateway.contract.partner import Partner
from gateway.crypto.age import generate_identity, recipient_fingerprint
from gateway.seal.envelope import Envelope, Weight
from gateway.seal.manifest import Manifest
from gateway.seal.sealing import Addressee
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import FormatInvalid
from tests.simulators.council import CSV, ME, stranger
from tests.unit.seal.conftest import RECIPIENT


def pages(council, version):
    """A sound envelope and a sound manifest of this version."""
    made = council.pieces()
    heading = replace(made.heading, version=version, format=None if version == 1 else "age")
    envelope = Envelope(
        heading=heading, manifest=Digest.of(b"m"), ciphertext=Digest.of(b"c"), size=1, witness=made.witness
    )
    return envelope, replace(made.manifest, heading=heading)


@pytest.mark.parametrize("version", [1, 2])
def test_a_parcel_of_each_version_is_opened_and_says_which_it_is(council, desk, sent, version):
    transfer = council.seal(sent, version=version).parcel.transfer
    opened = desk.open(transfer, sent)
    assert opened.data.read_bytes() == CSV
    assert json.loads((sent / f"{transfer}.json").read_bytes())["type"] == f"handoff-envelope/v{version}"
    assert json.loads(opened.manifest_page)["type"] == f"handoff-manifest/v{version}"
    assert opened.envelope.heading.format == (None if version == 1 else "age")


@pytest.mark.parametrize("version", [1, 2])
def test_what_is_read_is_what_was_written(council, version):
    envelope, manifest = pages(council, version)
    assert Envelope.parse(envelope.encode()) == envelope
    assert Manifest.parse(manifest.encode()) == manifest


def retyped(page, kind):
    return (json.dumps(json.loads(page) | {"type": kind}, separators=(",", ":"), sort_keys=True) + "\n").encode()


@pytest.mark.parametrize(("version", "other"), [(1, 2), (2, 1), (1, 3), (2, 3), (1, 0), (2, 22)])
def test_the_members_of_one_version_are_not_another(council, version, other):
    envelope, manifest = pages(council, version)
    for page, parse, name in ((envelope, Envelope.parse, "envelope"), (manifest, Manifest.parse, "manifest")):
        assert retyped(page.encode(), f"handoff-{name}/v{version}") == page.encode()
        with pytest.raises(FormatInvalid):
            parse(retyped(page.encode(), f"handoff-{name}/v{other}"))


@pytest.mark.parametrize(
    "kind", ["handoff-manifest/v1", "handoff-envelope/v", "handoff-envelope", "", "v1", 1, None, []]
)
def test_a_page_of_no_version_is_none(council, kind):
    envelope, _ = pages(council, 1)
    with pytest.raises(FormatInvalid):
        Envelope.parse(retyped(envelope.encode(), kind))


def test_envelope_and_manifest_are_of_one_version(council, desk, sent):
    made = council.pieces()
    made.envelope = {"heading": replace(made.heading, version=2, format="age")}
    assert desk.refusal(made.write(sent), sent) == "members-differ"
    made = council.pieces()
    made.manifest = replace(made.manifest, heading=replace(made.heading, version=2, format="age"))
    assert desk.refusal(made.write(sent), sent) == "members-differ"


@pytest.mark.parametrize("change", [
    {"format": "zip"}, {"format": None}, {"format": "openpgp"}, {"description": {"size": 1, "sha256": "0" * 64}},
    {"description": {}}, {"description": ""},
])  # fmt: skip
def test_the_format_and_the_manifests_own_file_go_together(council, change):
    envelope, _ = pages(council, 2)
    told = json.loads(envelope.encode()) | change
    with pytest.raises(FormatInvalid):
        Envelope.parse((json.dumps(told, separators=(",", ":"), sort_keys=True) + "\n").encode())


def test_an_envelope_of_openpgp_says_what_the_manifests_file_weighs(council):
    envelope, _ = pages(council, 2)
    weighs = Weight(7, Digest.of(b"sealed"))
    told = replace(envelope, heading=replace(envelope.heading, format="openpgp"), description=weighs)
    assert Envelope.parse(told.encode()).description == weighs
    with pytest.raises(FormatInvalid):
        Envelope.parse(replace(told, description=None).encode())


@pytest.mark.parametrize("version", [0, 3])
def test_no_parcel_of_an_unknown_version_is_sealed(council, sent, version):
    with pytest.raises(FormatInvalid):
        council.seal(sent, version=version)
    assert list(sent.iterdir()) == []


def test_a_partners_page_names_a_version_that_we_can_write():
    page = {
        "partner": "x", "name": "X", "recipient": RECIPIENT,
        "endpoint": {"host": "h", "username": "u", "host_keys": ["k"]},
    }  # fmt: skip
    assert [Partner.model_validate(page | {"parcel_version": n}).parcel_version for n in (1, 2)] == [1, 2]
    for unknown in (0, 3, "2", None):
        with pytest.raises(ValidationError):
            Partner.model_validate(page | {"parcel_version": unknown})


@pytest.mark.parametrize("version", [1, 2])
def test_each_of_several_recipients_opens_the_parcel_and_nobody_else(council, desk, sent, version):
    other = generate_identity()
    spelled = other.recipient().spelled()
    to = (Addressee(id=ME, recipient=council.recipient), Addressee(id="other", recipient=spelled))
    transfer = council.seal(sent, recipients=to, version=version).parcel.transfer
    assert desk.open(transfer, sent).data.read_bytes() == CSV
    own, theirs = (
        desk.reader(),
        replace(desk.reader(), id="other", identities=[other], keys=frozenset({recipient_fingerprint(spelled)})),
    )
    desk.reader = lambda: theirs
    assert desk.open(transfer, sent).data.read_bytes() == CSV
    desk.reader = lambda: replace(own, id="other")
    assert desk.refusal(transfer, sent) == "not-addressed", "their name, our key"
    desk.reader = lambda: replace(own, keys=frozenset({recipient_fingerprint(stranger())}))
    assert desk.refusal(transfer, sent) == "not-addressed"
