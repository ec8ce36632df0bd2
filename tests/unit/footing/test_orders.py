"""Orders are read once, and again as soon as anything about them has changed."""

import shutil
from dataclasses import replace

import pytest

from gateway.footing import mailbox
from gateway.footing.orders import Orders
from gateway.vocabulary.errors import FormatInvalid
from tests.unit.footing.test_mailbox import OTHER, TRANSFER, order_in, posted


def both_read(boxes):
    """Two orders, and who has read them."""
    orders, folders = Orders(), [posted(boxes, transfer) for transfer in (OTHER, TRANSFER)]
    for folder in folders:
        orders.read(folder)
    return orders, sorted(folders)


def test_an_order_is_handed_out_unread_at_first_and_from_then_on_as_it_was_read(boxes):
    folder, orders = posted(boxes), Orders()
    assert list(orders.lying(boxes[1])) == [(folder, None)]
    order = orders.read(folder)
    assert order == mailbox.read_order(folder)
    assert list(orders.lying(boxes[1])) == [(folder, order)]
    assert orders.read(folder) is order


def test_orders_come_oldest_first_whoever_was_read_first(boxes):
    orders, folders = both_read(boxes)
    assert [folder for folder, _ in orders.lying(boxes[1])] == folders


def test_an_order_that_is_revoked_is_read_again(boxes):
    folder, orders = posted(boxes), Orders()
    orders.read(folder)
    mailbox.revoke(boxes[1], TRANSFER)
    assert list(orders.lying(boxes[1])) == [(folder, None)]
    assert mailbox.is_revoked(folder)


def test_another_order_in_its_place_is_the_one_that_is_read(boxes):
    draft, to, _ = boxes
    folder, orders = posted(boxes), Orders()
    orders.read(folder)
    mailbox.close_order(to, TRANSFER)
    draft.mkdir()
    mailbox.post_order(draft, to, replace(order_in(draft), partner="somebody-else"))
    assert list(orders.lying(to)) == [(folder, None)]
    assert orders.read(folder).partner == "somebody-else"


def test_an_order_that_is_gone_is_forgotten_and_cannot_be_read(boxes):
    orders, folders = both_read(boxes)
    shutil.rmtree(folders[0])
    assert [folder for folder, _ in orders.lying(boxes[1])] == folders[1:]
    with pytest.raises(FormatInvalid, match="missing"):
        orders.read(folders[0])


def test_an_order_whose_file_was_taken_out_is_none_any_more(boxes):
    folder, orders = posted(boxes), Orders()
    orders.read(folder)
    (folder / mailbox.ORDER).unlink()
    assert list(orders.lying(boxes[1])) == []
    with pytest.raises(FormatInvalid):
        orders.read(folder)


def test_half_an_order_and_what_is_no_order_are_not_seen(boxes):
    draft, to, _ = boxes
    order_in(draft)
    draft.rename(to / TRANSFER)
    (to / "stray.txt").write_bytes(b"")
    assert list(Orders().lying(to)) == []


def test_a_broken_order_is_refused_each_time_and_never_remembered(boxes):
    folder, orders = posted(boxes), Orders()
    (folder / mailbox.ORDER).write_bytes(b"{}")
    for _ in range(2):
        assert list(orders.lying(boxes[1])) == [(folder, None)]
        with pytest.raises(FormatInvalid):
            orders.read(folder)
