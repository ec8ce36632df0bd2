"""Delivers what lies in FOLDER, once; a process of its own, that imports what deliver does and nothing of the tests.

python -m tests.bench.put_parcels HOST PORT USER HOST-KEY KEY FOLDER
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from gateway.contract.partner import Endpoint
from gateway.deliver.destination import Attempt, Delivered
from gateway.deliver.sftp.destination import SftpDestination
from gateway.footing import mailbox

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def main(words: list[str]) -> int:
    host, port, user, host_key, key, folder = words
    endpoint = Endpoint(host=host, port=int(port), username=user, host_keys=(host_key,))
    destination = SftpDestination(endpoint, Path(key).read_bytes(), clock=lambda: AT)
    orders = [mailbox.read_order(path) for path in mailbox.order_folders(Path(folder))]
    outcomes = list(destination.put_many((order.parcel, _attempt()) for order in orders))
    destination.close()
    return 0 if all(isinstance(outcome, Delivered) for outcome in outcomes) else 1


def _attempt() -> Attempt:
    return Attempt(
        number=1, earlier=(), may_release=_nothing, never_left=_nothing, record_intent=_nothing, intent_recorded=False
    )


def _nothing() -> None:
    """What a store would do is another bench's."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
