"""Everything that somebody between council and partner may do to a parcel in OpenPGP, a row each, and what the reader says.

As `test_parcels`, for the other format. Rows of a forger hold even the sender's desk: all is signed
and weighed anew, and only the step that is meant can refuse.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.seal.openpgp.own_key import message_signer
from gateway.vocabulary.transfer import TransferId
from tests.hostile.openpgp_forgery import (
    DATA,
    ENVELOPE,
    MANIFEST,
    OURS,
    SIGNATURE,
    STRANGER,
    Desk,
    Scene,
    party,
    signer,
)
from tests.simulators.council import AT, CSV, DOMAIN, SENDER, Council
from tests.simulators.openpgp import CODE, inside, kept, packet


@pytest.fixture(params=[1, 2], ids=["v1", "v2"])
def scene(tmp_path, request):
    sent, opening = tmp_path / "sent", tmp_path / "opening"
    for folder in (sent, opening):
        folder.mkdir(mode=0o700)
    council = Council(kept("partner").certificate, openpgp_key=OURS)
    return Scene(council, Desk(council, opening), sent, request.param)


# who holds the server


def swapped(which: int) -> Callable[[Scene], TransferId]:
    """One file of a parcel is another parcel's."""

    def swap(scene: Scene) -> TransferId:
        first, second = scene.parcel(), scene.parcel()
        scene.file(first, which).write_bytes(scene.file(second, which).read_bytes())
        return first

    swap.__name__ = f"swapped_{('data', 'manifest', 'signature', 'envelope')[which]}"
    return swap


def renamed_as_a_whole(scene: Scene) -> TransferId:
    first, second = scene.parcel(), scene.parcel()
    for which in range(4):
        scene.file(first, which).write_bytes(scene.file(second, which).read_bytes())
    return first


def data_and_manifest_change_places(scene: Scene) -> TransferId:
    transfer = scene.parcel()
    one, two = (scene.file(transfer, which) for which in (DATA, MANIFEST))
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)
    return transfer


def replayed(scene: Scene) -> TransferId:
    transfer = scene.parcel()
    scene.desk.open(transfer, scene.sent)
    scene.desk.seen.add(transfer)
    scene.desk.expected = lambda route: 2
    return transfer


def old_parcel_held_back_until_a_later_one_was_taken(scene: Scene) -> TransferId:
    scene.desk.expected = lambda route: 3
    return scene.parcel(sequence=1)


def removal_held_back(scene: Scene) -> TransferId:
    scene.desk.expected = lambda route: 2
    return scene.parcel(sequence=3)


def kept_until_it_had_expired(scene: Scene) -> TransferId:
    scene.desk.at = AT + timedelta(days=31)
    return scene.parcel()


def sent_to_somebody_else_as_well(scene: Scene) -> TransferId:
    scene.desk.me = "somebody-else"
    return scene.parcel()


def stripped_and_signed_anew(scene: Scene) -> TransferId:
    """Somebody who can read takes our envelope away, and puts one of their own around the messages."""
    sender = scene.desk.sender()
    scene.desk.sender = lambda: sender
    scene.council.key = SigningKey.generate_ed25519()
    return scene.parcel()


def envelope_of_a_later_parcel(scene: Scene) -> TransferId:
    first, second = scene.parcel(), scene.parcel(sequence=2)
    for which in (SIGNATURE, ENVELOPE):
        scene.file(first, which).write_bytes(scene.file(second, which).read_bytes())
    return first


# who may sign messages, but not these


def signed_by_a_stranger(scene: Scene) -> TransferId:
    return scene.forge(signer=signer(STRANGER))


def manifest_signed_by_a_stranger(scene: Scene) -> TransferId:
    return scene.forge(manifest_signer=signer(STRANGER))


def two_keys_of_the_sender_s(scene: Scene) -> TransferId:
    scene.desk.signers = (OURS, STRANGER)
    return scene.forge(manifest_signer=signer(STRANGER))


def signed_with_our_key_for_another_partner(scene: Scene) -> TransferId:
    other = message_signer(SigningKey.generate_ed25519(), SENDER, "another", DOMAIN)
    return scene.forge(signer=other)


def signed_for_somebody_else(scene: Scene) -> TransferId:
    """Somebody to whom the council once wrote, and who passes it on as meant for us."""
    return scene.forge(intended=(kept("somebody else").own.fingerprint,))


def signed_for_others_as_well(scene: Scene) -> TransferId:
    both = (kept("partner").own.fingerprint, kept("somebody else").own.fingerprint)
    return scene.forge(intended=both)


def signed_at_another_time(scene: Scene) -> TransferId:
    return scene.forge(at=AT - timedelta(seconds=1))


def key_that_the_partner_has_taken_out(scene: Scene) -> TransferId:
    scene.desk.signers = (STRANGER,)
    return scene.parcel()


# who holds the sender's desk: the envelope names what was done to the messages


def no_code(scene: Scene) -> TransferId:
    return scene.forge(code=lambda code: b"")


def code_of_another(scene: Scene) -> TransferId:
    return scene.forge(code=lambda code: CODE + bytes(20))


def signature_missing(scene: Scene) -> TransferId:
    return scene.forge(change=lambda packets: packets[1:2])


def signature_announced_and_missing(scene: Scene) -> TransferId:
    return scene.forge(change=lambda packets: packets[:2])


def signature_of_the_manifest_missing(scene: Scene) -> TransferId:
    return scene.forge(change_manifest=lambda packets: packets[:2])


def compressed_bomb(scene: Scene) -> TransferId:
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(bytes(64 << 20)) + packer.flush()
    return scene.forge(change=lambda packets: (packet(8, b"\1" + bomb),))


def compressed_as_gpg_does(scene: Scene) -> TransferId:
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return scene.forge(change=lambda packets: (packet(8, b"\1" + packer.compress(b"".join(packets)) + packer.flush()),))


def another_message_behind_it(scene: Scene) -> TransferId:
    return scene.forge(sealed=lambda sealed: sealed + sealed)


def manifest_beyond_all_bounds(scene: Scene) -> TransferId:
    return scene.forge(sealed_manifest=lambda sealed: sealed + bytes(1 << 20))


def sealed_to_somebody_else(scene: Scene) -> TransferId:
    return scene.forge(to=kept("somebody else"))


def addressed_to_another_key(scene: Scene) -> TransferId:
    forgery = scene.forgery()
    heading = replace(forgery.made.heading, recipients=(party(kept("somebody else")),))
    forgery.made.heading, forgery.made.manifest = heading, replace(forgery.made.manifest, heading=heading)
    return forgery.write(scene.sent)


def data_of_another_parcel(scene: Scene) -> TransferId:
    forgery = scene.forgery()
    forgery.made.data = CSV.replace(b"Wilf", b"Otto")
    return forgery.write(scene.sent)


def manifest_of_another_parcel(scene: Scene) -> TransferId:
    forgery, other = scene.forgery(), scene.forgery()
    page = other.made.manifest.encode()
    intended = (kept("partner").own.fingerprint,)
    forgery.change_manifest = lambda packets: inside(page, signer(), intended, AT)
    return forgery.write(scene.sent)


def manifest_that_contradicts_the_envelope(scene: Scene) -> TransferId:
    forgery = scene.forgery()
    forgery.made.manifest = replace(forgery.made.manifest, heading=replace(forgery.made.heading, sequence=2))
    return forgery.write(scene.sent)


def manifest_that_is_none(scene: Scene) -> TransferId:
    forgery = scene.forgery()

    class Page:
        file = forgery.made.manifest.file

        def encode(self) -> bytes:
            return b"{}\n"

    forgery.made.manifest = Page()
    return forgery.write(scene.sent)


def rows_miscounted(scene: Scene) -> TransferId:
    forgery = scene.forgery()
    file = replace(forgery.made.manifest.file, rows=3)
    forgery.made.manifest = replace(forgery.made.manifest, file=file)
    return forgery.write(scene.sent)


TABLE = [  # an envelope of version 1 does not weigh the manifest's message: what is in it is found out later
    (swapped(DATA), "ciphertext-hash"),
    (swapped(MANIFEST), "manifest-hash", "ciphertext-hash"),
    (swapped(SIGNATURE), "envelope-signature"),
    (swapped(ENVELOPE), "envelope-signature"),
    (renamed_as_a_whole, "envelope-signature"),
    (data_and_manifest_change_places, "ciphertext-hash"),
    (envelope_of_a_later_parcel, "envelope-signature"),
    (stripped_and_signed_anew, "envelope-signature"),
    (replayed, "replayed"),
    (old_parcel_held_back_until_a_later_one_was_taken, "sequence-old"),
    (removal_held_back, "sequence-gap"),
    (sent_to_somebody_else_as_well, "not-addressed"),
    (kept_until_it_had_expired, "expired"),
    (signed_by_a_stranger, "content-signature"),
    (manifest_signed_by_a_stranger, "content-signature"),
    (two_keys_of_the_sender_s, "content-signature"),
    (signed_with_our_key_for_another_partner, "content-signature"),
    (signed_for_somebody_else, "content-signature"),
    (signed_for_others_as_well, "content-signature"),
    (signed_at_another_time, "content-signature"),
    (key_that_the_partner_has_taken_out, "content-signature"),
    (no_code, "undecryptable"),
    (code_of_another, "undecryptable"),
    (signature_missing, "container"),
    (signature_announced_and_missing, "container"),
    (signature_of_the_manifest_missing, "container"),
    (compressed_bomb, "container"),
    (compressed_as_gpg_does, "container"),
    (another_message_behind_it, "undecryptable"),
    (manifest_beyond_all_bounds, "undecryptable", "ciphertext-hash"),
    (sealed_to_somebody_else, "undecryptable"),
    (addressed_to_another_key, "not-addressed"),
    (data_of_another_parcel, "file-hash"),
    (manifest_of_another_parcel, "manifest-hash"),
    (manifest_that_is_none, "manifest-malformed"),
    (manifest_that_contradicts_the_envelope, "members-differ"),
    (rows_miscounted, "rows-differ"),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0].__name__)
def test_no_attack_comes_through_and_nothing_of_the_data_is_seen(scene, row):
    attack, *codes = row
    transfer = attack(scene)
    assert scene.desk.refusal(transfer, scene.sent) == codes[-1 if scene.version == 2 else 0]
    assert not (scene.desk.folder / "data").exists()


def test_the_same_scene_without_an_attack_opens(scene):
    for transfer in (scene.parcel(), scene.forge()):
        opened = scene.desk.open(transfer, scene.sent)
        assert opened.data.read_bytes() == CSV
        assert opened.manifest.file.rows == 2


@pytest.mark.parametrize("which", [DATA, MANIFEST])
def test_no_byte_of_a_message_can_change_even_if_the_envelope_names_the_change(scene, which):
    spoiled = "sealed" if which == DATA else "sealed_manifest"
    for place in range(0, scene.file(scene.forge(), which).stat().st_size, 7):

        def change(sealed, at=place):
            at = min(at, len(sealed) - 1)  # each is encrypted anew: a number that begins with zeros is written shorter
            return sealed[:at] + bytes([sealed[at] ^ 4]) + sealed[at + 1 :]

        changed = scene.forge(**{spoiled: change})
        assert scene.desk.refusal(changed, scene.sent) in ("undecryptable", "container")


def test_a_message_that_ends_where_a_packet_ends_is_refused_though_the_envelope_names_it(scene):
    """Truncated on the outside, and on the inside with a code that holds."""
    sizes = list(map(len, inside(CSV, signer(), (kept("partner").own.fingerprint,), AT)))
    for end in (0, *accumulate(sizes[:-1])):
        cut = scene.forge(change=lambda packets, end=end: (b"".join(packets)[:end],))
        assert scene.desk.refusal(cut, scene.sent) == "container"
    for end in (0, 1, 2, -100, -22, -1):
        cut = scene.forge(sealed=lambda sealed, end=end: sealed[:end])
        assert scene.desk.refusal(cut, scene.sent) == "undecryptable"


def test_that_it_is_another_file_is_told_before_that_it_does_not_open(scene):
    transfer = scene.parcel()
    path = scene.file(transfer, DATA)
    for wrong in (path.read_bytes()[:-1], b"", path.read_bytes() + b"x"):
        path.write_bytes(wrong)
        scene.desk.expected = lambda route: 99
        assert scene.desk.refusal(transfer, scene.sent) == "ciphertext-hash"


def test_a_reader_with_age_keys_alone_says_that_it_is_not_for_it(scene):
    scene.version = 2
    transfer = scene.parcel()
    reader = replace(scene.desk.reader(), openpgp=None)
    scene.desk.reader = lambda: reader
    assert scene.desk.refusal(transfer, scene.sent) == "not-addressed"
