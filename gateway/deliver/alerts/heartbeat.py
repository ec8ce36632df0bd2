"""The heartbeat on its way out: a GET as long as prepare said lately that all is well.

Whoever listens there gives the alarm when it stops: because something is wrong here, because prepare or
deliver stands still, or because this machine reaches nobody any more. Nothing but the address is said.
"""

import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.contract.alerts import Heartbeat
from gateway.deliver.alerts.https import request
from gateway.deliver.alerts.remembered import Remembered
from gateway.footing import alert_box

NAME: Final = "heartbeat"


def send_heartbeat(
    page: Heartbeat, trusted: Callable[[], ssl.SSLContext], remembered: Remembered, mailbox: Path, at: datetime
) -> bool:
    """Whether one was due and sent.

    Raises:
        AlertUndelivered: nobody took it.
        FormatInvalid: prepare's word is not one of ours.
    """
    beat = alert_box.last_beat(mailbox)
    is_fresh = beat is not None and at - beat <= 2 * page.every
    if not is_fresh or not remembered.is_due(NAME, at):
        return False
    request("GET", page.url, trusted(), headers={})
    remembered.rest(NAME, at + page.every)
    return True
