"""A server that is far away: several channels for one large file, and the same duties as over one."""

from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.sftp.session import CHANNELS, FAR, LARGEST_REQUEST
from gateway.vocabulary.errors import HandedBack, PartnerRefused, StorageError
from tests.contracts.reaching import reaching
from tests.contracts.stories import Story, contents, sealed, temporaries
from tests.simulators.asyncssh_server import asyncssh_server
from tests.simulators.distance import Distance
from tests.simulators.proftpd import proftpd
from tests.simulators.sshd import sshd

LARGE = (5_000_001, 317, 911)
SERVERS = {"sshd": sshd, "proftpd": proftpd, "asyncssh": asyncssh_server}


@contextmanager
def far(serve, folder, **options):
    key = SigningKey.generate_ed25519()
    (folder / "partner").mkdir()
    with ExitStack() as stack:
        server = stack.enter_context(serve(folder / "partner", key.public_line(), **options))
        line = stack.enter_context(Distance(server.endpoint.port, 2 * FAR))
        endpoint = server.endpoint.model_copy(update={"port": line.port})
        yield server, stack.enter_context(reaching(endpoint, key))


def there(server):
    return {path.name: path.read_bytes() for path in (server.files / "inbox").iterdir()}


def channels(destination):
    return len(destination._kept.session.beside())


@pytest.mark.parametrize("name", SERVERS)
def test_a_large_file_goes_through_several_channels_and_arrives_whole(tmp_path, name):
    parcel = sealed(tmp_path, 1, sizes=LARGE)
    with far(SERVERS[name], tmp_path) as (server, destination):
        destination.put(parcel, Story().attempt)
        assert channels(destination) == CHANNELS
        assert there(server) == contents(parcel)


def test_a_server_that_allows_one_channel_gets_it_through_one(tmp_path):
    parcel = sealed(tmp_path, 1, sizes=LARGE)
    with far(sshd, tmp_path, extra="MaxSessions 1") as (server, destination):
        destination.put(parcel, Story().attempt)
        assert channels(destination) == 1
        assert there(server) == contents(parcel)


def test_a_disk_that_fills_up_is_noticed_on_every_channel(tmp_path):
    parcel = sealed(tmp_path, 1, sizes=LARGE)
    with far(sshd, tmp_path) as (server, destination):
        server.largest_file = 3_000_320
        with pytest.raises(PartnerRefused):
            destination.put(parcel, Story().attempt)
        assert there(server) == {}


def test_what_is_handed_back_has_no_gap_over_several_channels_either(tmp_path):
    parcel = sealed(tmp_path, 1, sizes=LARGE)
    asked = iter(range(100))

    def go_on():
        if next(asked) == 11:
            raise HandedBack("told to stop")

    with far(sshd, tmp_path) as (server, destination):
        with pytest.raises(HandedBack):
            destination.put(parcel, replace(Story().attempt, go_on=go_on))
        left = there(server)[temporaries(parcel, 1)[0]]
    assert left == contents(parcel)[parcel.files[0].name][: 11 * LARGEST_REQUEST]


def test_a_ciphertext_that_is_not_what_was_sealed_is_not_released_over_several(tmp_path):
    parcel = sealed(tmp_path, 1, sizes=LARGE)
    parcel.files[0].path.write_bytes(bytes(LARGE[0]))
    with far(sshd, tmp_path) as (server, destination):
        with pytest.raises(StorageError):
            destination.put(parcel, Story().attempt)
        assert there(server) == {}
