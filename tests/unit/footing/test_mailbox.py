"""Orders: whole or not at all, revoked until they are gone, and parsed as if a stranger had written them."""

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import mailbox
from gateway.footing.mailbox import Observation, Order
from gateway.footing.messages import LARGEST_ORDER
from gateway.vocabulary import canonical
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import FormatInvalid, StorageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.parcel import Parcel, SealedFile, names_of
from gateway.vocabulary.transfer import TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TRANSFER, OTHER = (TransferId.new(AT, lambda count, n=n: bytes([n]) * count) for n in (1, 2))
DOMAIN = "handoff.council.example"
KEY, STRANGER = SigningKey.generate_ed25519(), SigningKey.generate_ed25519()
SEEN = Observation(transfer=TRANSFER, outcome="delivered", at=AT, facts=Facts(verified_by="size", already_there=False))
ANSWERED = replace(SEEN, outcome="answered", facts=Facts(), answer=(b"{}\n", b"signature\n"))


def order_in(folder, transfer=TRANSFER):
    files = []
    for name in names_of(transfer):
        (folder / name).write_bytes(name.encode())
        files.append(SealedFile(name=name, path=folder / name, size=len(name), digest=Digest.of(name.encode())))
    parcel = Parcel(transfer=transfer, release_by=AT + timedelta(hours=4), files=tuple(files))
    return Order(route="yss", partner="youth-support", parcel=parcel)


def posted(boxes, transfer=TRANSFER):
    draft, to, _ = boxes
    draft.mkdir(exist_ok=True)
    order = order_in(draft, transfer)
    mailbox.post_order(draft, to, order)
    return to / transfer


def test_an_order_reads_back_with_its_files_where_they_now_are(boxes):
    folder = posted(boxes)
    assert mailbox.order_folders(boxes[1]) == [folder]
    order = mailbox.read_order(folder)
    assert (order.route, order.partner, order.parcel.transfer) == ("yss", "youth-support", TRANSFER)
    assert order.parcel.release_by == AT + timedelta(hours=4)
    assert [file.path.read_bytes() for file in order.parcel.files] == [name.encode() for name in names_of(TRANSFER)]
    assert not boxes[0].exists()


def test_an_order_says_which_parcel_it_comes_after_and_one_of_an_older_gateway_says_nothing(boxes):
    draft, _, _ = boxes
    order = order_in(draft)
    assert b"after" not in order.encode()
    following = replace(order, after=OTHER)
    assert Order.parse(following.encode(), draft.parent / TRANSFER).after == OTHER
    assert Order.parse(order.encode(), draft.parent / TRANSFER).after is None


@pytest.mark.parametrize("after", ["", "x", None, 1, [], "../../etc", OTHER.upper()])
def test_an_order_that_comes_after_no_transfer_is_refused(boxes, after):
    draft, _, _ = boxes
    page = json.loads(order_in(draft).encode()) | {"after": after}
    with pytest.raises(FormatInvalid):
        Order.parse(canonical.encode(page), draft.parent / TRANSFER)


def test_orders_come_oldest_first(boxes):
    folders = [posted(boxes, transfer) for transfer in (OTHER, TRANSFER)]
    assert mailbox.order_folders(boxes[1]) == sorted(folders)


def test_half_an_order_is_not_seen(boxes):
    draft, to, _ = boxes
    order_in(draft)
    draft.rename(to / TRANSFER)
    (to / "stray.txt").write_bytes(b"")
    assert mailbox.order_folders(to) == []


def test_an_order_that_a_crash_left_in_its_draft_is_posted_as_it_is(boxes):
    draft, to, _ = boxes
    (draft / mailbox.ORDER).write_bytes(order_in(draft).encode())
    mailbox.post_order(draft, to, order_in(draft))
    assert mailbox.order_folders(to) == [to / TRANSFER]


def test_an_order_never_replaces_another(boxes):
    folder = posted(boxes)
    before = sorted((path.name, path.read_bytes()) for path in folder.iterdir())
    with pytest.raises(StorageError):
        posted(boxes)
    assert sorted((path.name, path.read_bytes()) for path in folder.iterdir()) == before


def test_a_revoked_order_is_revoked_until_it_is_gone(boxes):
    folder = posted(boxes)
    assert not mailbox.is_revoked(folder)
    for _ in range(2):
        mailbox.revoke(boxes[1], TRANSFER)
        assert mailbox.is_revoked(folder)
    mailbox.close_order(boxes[1], TRANSFER)
    assert mailbox.is_revoked(folder)
    assert not folder.exists()


def test_an_order_that_is_only_half_closed_is_revoked(boxes):
    folder = posted(boxes)
    (folder / mailbox.ORDER).unlink()
    assert mailbox.is_revoked(folder)


def test_revoking_or_closing_what_is_not_there_does_nothing(boxes):
    mailbox.revoke(boxes[1], TRANSFER)
    mailbox.close_order(boxes[1], TRANSFER)
    assert list(boxes[1].iterdir()) == []


def test_once_delivered_the_parcel_goes_and_the_order_stays(boxes):
    folder = posted(boxes)
    order = mailbox.read_order(folder)
    for _ in range(2):
        mailbox.drop_ciphertext(boxes[1], order)
    assert [path.name for path in folder.iterdir()] == [mailbox.ORDER]
    assert mailbox.read_order(folder) == order


def with_file(**changes):
    def change(words):
        words["files"][0] |= changes
        return words

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda words: words | {"type": "handoff-order/v2"},
        lambda words: words | {"transfer": OTHER},
        lambda words: words | {"transfer": 7},
        lambda words: words | {"route": "../../etc"},
        lambda words: words | {"route": ["yss"]},
        lambda words: words | {"partner": ""},
        lambda words: words | {"partner": None},
        lambda words: words | {"release_by": "tomorrow"},
        lambda words: words | {"release_by": 1_800_000_000},
        lambda words: words | {"files": []},
        lambda words: words | {"files": words["files"][:2]},
        lambda words: words | {"files": words["files"] * 2},
        lambda words: words | {"files": "abc"},
        lambda words: words | {"files": {"a": 1, "b": 2, "c": 3}},
        lambda words: words | {"files": None},
        lambda words: words | {"remark": "x"},
        lambda words: {name: value for name, value in words.items() if name != "partner"},
        with_file(name="../../../etc/passwd"),
        with_file(name=f"{TRANSFER}/../x"),
        with_file(name=f"{OTHER}.age"),
        with_file(name=TRANSFER),
        with_file(name=f"{TRANSFER}.age\n"),
        with_file(name=7),
        with_file(size="7"),
        with_file(size=-1),
        with_file(size=True),
        with_file(sha256="00"),
        with_file(sha256=None),
        with_file(mode=0o777),
    ],
)
def test_an_order_that_is_not_one_is_refused(boxes, change):
    folder = posted(boxes)
    words = json.loads((folder / mailbox.ORDER).read_bytes())
    (folder / mailbox.ORDER).write_bytes(canonical.encode(change(words)))
    with pytest.raises(FormatInvalid):
        mailbox.read_order(folder)


def test_an_order_in_the_folder_of_another_is_refused(boxes):
    folder = posted(boxes)
    with pytest.raises(FormatInvalid, match="another transfer"):
        mailbox.read_order(folder.rename(folder.parent / OTHER))


@pytest.mark.parametrize("data", [b"", b"{}\n", b"[]\n", b"null\n", b"\xff", b"[" * 50_000, b" " * (LARGEST_ORDER + 1)])
def test_bytes_that_are_no_order_are_refused(boxes, data):
    folder = posted(boxes)
    (folder / mailbox.ORDER).write_bytes(data)
    with pytest.raises(FormatInvalid):
        mailbox.read_order(folder)


def test_an_order_that_is_gone_meanwhile_is_refused(tmp_path):
    with pytest.raises(FormatInvalid, match="missing"):
        mailbox.read_order(tmp_path / TRANSFER)


@pytest.mark.parametrize(("shared", "folder", "file"), [(False, 0o700, 0o600), (True, 0o750, 0o640)])
def test_an_order_is_open_to_the_mailboxs_group_if_the_mailbox_is_shared_and_else_to_nobody(
    boxes, shared, folder, file
):
    draft, to, _ = boxes
    draft.chmod(0o700)
    to.chmod(0o2750 if shared else 0o700)
    order = order_in(draft)
    for path in draft.iterdir():
        path.chmod(0o600)
    mailbox.post_order(draft, to, order)
    assert stat.S_IMODE((to / TRANSFER).stat().st_mode) & 0o777 == folder
    assert {stat.S_IMODE(path.stat().st_mode) for path in (to / TRANSFER).iterdir()} == {file}


@pytest.mark.parametrize(("shared", "file"), [(False, 0o600), (True, 0o640)])
def test_a_report_is_open_to_the_mailboxs_group_if_the_mailbox_is_shared_and_else_to_nobody(boxes, shared, file):
    _, _, back = boxes
    back.chmod(0o2770 if shared else 0o700)
    mailbox.report(back, SEEN, key=KEY, domain=DOMAIN)
    assert {stat.S_IMODE(path.stat().st_mode) for path in back.iterdir()} == {file}
