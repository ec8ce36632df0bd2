"""SFTP destinations that are closed again, and attempts that are refused."""

from contextlib import contextmanager

import pytest

from gateway.deliver.sftp.destination import SftpDestination
from tests.contracts.stories import AT, Story


@contextmanager
def reaching(endpoint, key, **options):
    destination = SftpDestination(endpoint, key.openssh_private(), **{"timeout": 10.0, "clock": lambda: AT} | options)
    try:
        yield destination
    finally:
        destination.close()


def refused(error, endpoint, key, parcel, **options):
    story = Story()
    with reaching(endpoint, key, **options) as destination, pytest.raises(error) as caught:
        destination.put(parcel, story.attempt)
    assert "intent" not in story.events
    return caught.value
