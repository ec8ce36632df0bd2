"""What only SFTP can get wrong: keys, algorithms, servers that misbehave on the wire. Real servers, no mocks."""

import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import paramiko
import pytest
from pydantic import ValidationError

from gateway.contract.partner import Endpoint, Rotation
from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.sftp.destination import SftpDestination
from gateway.deliver.sftp.own_key import OwnKey
from gateway.deliver.sftp.packets import PatientPackets
from gateway.vocabulary.errors import (
    AuthenticationRefused,
    ConfigError,
    HostKeyMismatch,
    KeyUnavailable,
    PartnerRefused,
    PartnerUnreachable,
)
from tests.contracts.reaching import reaching, refused
from tests.contracts.stories import AT, Story, contents, sealed
from tests.simulators.sshd import sshd

KEY = SigningKey.generate_ed25519()


def test_another_host_key_is_refused_before_any_login(standin, parcel):
    endpoint = standin.endpoint.model_copy(update={"host_keys": (KEY.public_line(),)})
    error = refused(HostKeyMismatch, endpoint, standin.key, parcel)
    assert not error.try_again
    assert standin.server.keys_shown == 0
    assert standin.everything() == {}


def test_a_host_key_of_another_type_than_the_pinned_one_is_a_mismatch(ground, parcel, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", tmp_path / "other"], check=True)
    endpoint = ground.endpoint.model_copy(update={"host_keys": ((tmp_path / "other.pub").read_text(),)})
    refused(HostKeyMismatch, endpoint, ground.key, parcel)


def test_one_of_several_pinned_keys_is_enough(ground, parcel):
    endpoint = ground.endpoint.model_copy(update={"host_keys": (KEY.public_line(), *ground.endpoint.host_keys)})
    with reaching(endpoint, ground.key) as destination:
        destination.put(parcel, Story(ground).attempt)
    assert ground.everything() == contents(parcel)


TODAY = AT.date()
DAY = timedelta(days=1)


def rotating(endpoint, new, begins, ends):
    """The server shows `endpoint`'s key; `new` is announced."""
    return endpoint.model_copy(update={"rotation": Rotation(host_key=new, begins=begins, ends=ends)})


@pytest.mark.parametrize(("begins", "ends"), [(TODAY, TODAY), (TODAY - DAY, TODAY + DAY), (TODAY, TODAY + 9 * DAY)])
@pytest.mark.parametrize("shows_the_new_one", [False, True])
def test_while_a_host_key_is_rotated_both_are_taken(standin, parcel, begins, ends, shows_the_new_one):
    old, new = (KEY.public_line(), standin.server.host_key_line)[:: 1 if shows_the_new_one else -1]
    endpoint = rotating(standin.endpoint.model_copy(update={"host_keys": (old,)}), new, begins, ends)
    with reaching(endpoint, standin.key) as destination:
        destination.put(parcel, Story(standin).attempt)


def test_the_next_host_key_is_refused_before_its_day(standin, parcel):
    endpoint = standin.endpoint.model_copy(update={"host_keys": (KEY.public_line(),)})
    early = rotating(endpoint, standin.server.host_key_line, TODAY + DAY, TODAY + 2 * DAY)
    refused(HostKeyMismatch, early, standin.key, parcel)


def test_the_old_host_key_is_refused_after_the_last_day(standin, parcel):
    late = rotating(standin.endpoint, KEY.public_line(), TODAY - 2 * DAY, TODAY - DAY)
    refused(HostKeyMismatch, late, standin.key, parcel)


@pytest.mark.parametrize(("begins", "ends"), [(TODAY, TODAY - DAY), (TODAY, TODAY + 91 * DAY)])
def test_a_rotation_without_an_end_in_sight_is_none(begins, ends):
    with pytest.raises(ValidationError):
        Rotation(host_key=KEY.public_line(), begins=begins, ends=ends)


@pytest.mark.parametrize("line", ["ssh-ed25519", "ssh-dss AAAAB3NzaC1kc3MAAAAA", "nonsense", "ssh-rsa AAAA"])
def test_a_pin_that_is_no_usable_key_is_a_matter_of_configuration(standin, parcel, line):
    endpoint = standin.endpoint.model_copy(update={"host_keys": (line,)})
    refused(ConfigError, endpoint, standin.key, parcel)


def test_another_client_key_is_refused_and_not_tried_again(ground, parcel):
    error = refused(AuthenticationRefused, ground.endpoint, KEY, parcel)
    assert not error.try_again
    assert ground.everything() == {}


def test_no_other_key_than_the_routes_own_is_shown_and_no_agent_is_asked(standin, parcel, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen()
        agent.setblocking(False)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / ".ssh").mkdir()
        (tmp_path / ".ssh" / "id_ed25519").write_bytes(standin.key.openssh_private())
        refused(AuthenticationRefused, standin.endpoint, KEY, parcel)
        assert standin.server.keys_shown == 1
        with pytest.raises(BlockingIOError):
            agent.accept()


def test_no_more_leaves_in_a_second_than_the_partners_page_allows(ground, parcel):
    """A lower bound only: whatever else the machine does makes it slower."""
    size = sum(file.size for file in parcel.files)
    endpoint = ground.endpoint.model_copy(update={"kilobytes_per_second": 1000})
    began = time.monotonic()
    with reaching(endpoint, ground.key, timeout=30.0) as destination:
        destination.put(parcel, Story(ground).attempt)
    last_request = 261_120
    assert time.monotonic() - began > (size - last_request) / 1_000_000
    assert ground.everything() == contents(parcel)


def test_bytes_that_are_no_key_are_refused_at_once(standin):
    with pytest.raises(KeyUnavailable):
        SftpDestination(standin.endpoint, b"not a key", clock=lambda: AT)


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_every_kind_of_key_that_is_allowed_logs_in(tmp_path, parcel, kind):
    bits = ["-b", "3072"] if kind == "rsa" else []
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *bits, "-N", "secret", "-f", tmp_path / "own"], check=True)
    with sshd(tmp_path / "server", (tmp_path / "own.pub").read_text()) as server:
        private = (tmp_path / "own").read_bytes()
        destination = SftpDestination(server.endpoint, private, passphrase=b"secret", clock=lambda: AT, timeout=10)
        destination.put(parcel, Story().attempt)
        destination.close()


@pytest.mark.parametrize(
    "extra",
    [
        "Ciphers aes256-ctr,aes128-cbc",
        "KexAlgorithms diffie-hellman-group14-sha1,diffie-hellman-group14-sha256",
        "Ciphers chacha20-poly1305@openssh.com",
    ],
)
def test_a_server_with_old_algorithms_only_is_refused(tmp_path, parcel, extra):
    with sshd(tmp_path / "server", KEY.public_line(), extra=extra) as server:
        error = refused(PartnerRefused, server.endpoint, KEY, parcel)
        assert type(error) is PartnerRefused


def test_a_partner_that_must_be_post_quantum_is_not_reached_otherwise(standin, parcel):
    endpoint = standin.endpoint.model_copy(update={"require_post_quantum": True})
    with reaching(endpoint, standin.key) as destination:
        facts = destination.put(parcel, Story(standin).attempt).facts()
    assert (facts["kex"], facts["post_quantum"], facts["strict_kex"]) == ("mlkem768x25519-sha256", True, True)


def test_a_server_without_post_quantum_is_refused_where_it_is_required(tmp_path, parcel):
    with sshd(tmp_path / "server", KEY.public_line(), extra="KexAlgorithms curve25519-sha256@libssh.org") as server:
        endpoint = server.endpoint.model_copy(update={"require_post_quantum": True})
        refused(PartnerRefused, endpoint, KEY, parcel)


def test_what_was_negotiated_is_reported(ground, parcel):
    facts = ground.destination()
    try:
        transport = facts.put(parcel, Story(ground).attempt).transport
    finally:
        facts.close()
    assert transport["cipher"] == "aes256-gcm@openssh.com"
    assert transport["host_key_type"] == "ssh-ed25519"
    assert str(transport["host_key"]).startswith("SHA256:")
    assert transport["strict_kex"] is True


def test_a_server_without_sftp_is_refused(tmp_path, parcel):
    with sshd(tmp_path / "server", KEY.public_line(), extra="MaxSessions 0") as server:
        refused(PartnerRefused, server.endpoint, KEY, parcel, timeout=3.0)


def test_a_missing_inbox_is_refused(ground, parcel):
    (ground.files / "inbox").rmdir()
    refused(PartnerRefused, ground.endpoint, ground.key, parcel)


def test_nobody_listening_is_tried_again(parcel):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = elsewhere(closed.getsockname()[1])
        assert refused(PartnerUnreachable, endpoint, KEY, parcel).try_again


def elsewhere(port):
    return Endpoint(host="127.0.0.1", port=port, username="council", host_keys=(KEY.public_line(),))


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-quiet\r\n", b"220 mail.example ESMTP\r\n" * 3, b"\0" * 200])
def test_a_server_that_falls_silent_is_unreachable_within_the_deadline(parcel, greeting):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held = []

        def greet():
            held.append(listener.accept()[0])
            held[0].sendall(greeting)

        thread = threading.Thread(target=greet)
        thread.start()
        refused(PartnerUnreachable, elsewhere(listener.getsockname()[1]), KEY, parcel, timeout=1.0)
        thread.join()
        held[0].close()


@contextmanager
def odd_server(host_key, server, **options):
    """A paramiko server for one connection, with whatever is odd about it."""
    transports = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk():
            transports.append(paramiko.Transport(listener.accept()[0], **options))
            transports[0].add_server_key(OwnKey(host_key))
            transports[0].start_server(event=threading.Event(), server=server)

        thread = threading.Thread(target=talk)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()
    for transport in transports:
        transport.close()
        transport.sock.close()
        transport.join()


class Welcoming(paramiko.ServerInterface):
    """Lets every key in, opens every channel, and then says nothing to any request."""

    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class Suspended(Welcoming):
    """Does not answer a login, or the request for SFTP, before the test is over."""

    def __init__(self, *, at_login):
        self.over = threading.Event()
        self.at_login = at_login

    def check_auth_publickey(self, username, key):
        if self.at_login:
            self.over.wait(20)
        return super().check_auth_publickey(username, key)

    def check_channel_subsystem_request(self, channel, name):
        self.over.wait(20)
        return False


class HangingUp(Welcoming):
    """Ends the connection when SFTP is asked for, without a word."""

    def check_channel_subsystem_request(self, channel, name):
        channel.get_transport().close()
        return False


class TwoFactors(Welcoming):
    def get_allowed_auths(self, username):
        return "keyboard-interactive"

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_PARTIALLY_SUCCESSFUL


def test_a_server_without_strict_key_exchange_is_refused(parcel):
    with odd_server(KEY, Welcoming(), strict_kex=False) as port:
        error = refused(PartnerRefused, elsewhere(port), KEY, parcel)
    assert "strict" in error.message


def test_a_server_that_wants_more_than_a_key_refuses_us(parcel):
    with odd_server(KEY, TwoFactors()) as port:
        refused(AuthenticationRefused, elsewhere(port), KEY, parcel)


def test_a_server_that_refuses_the_subsystem_is_refused(parcel):
    with odd_server(KEY, Welcoming()) as port:
        assert type(refused(PartnerRefused, elsewhere(port), KEY, parcel)) is PartnerRefused


@pytest.mark.parametrize("at_login", [True, False])
def test_a_server_that_never_answers_a_request_is_unreachable(parcel, at_login):
    suspended = Suspended(at_login=at_login)
    with odd_server(KEY, suspended) as port:
        try:
            refused(PartnerUnreachable, elsewhere(port), KEY, parcel, timeout=1.0)
        finally:
            suspended.over.set()


def test_a_server_that_hangs_up_when_sftp_is_asked_for_is_unreachable(parcel):
    with odd_server(KEY, HangingUp()) as port:
        assert type(refused(PartnerUnreachable, elsewhere(port), KEY, parcel)) is PartnerUnreachable


def test_messages_repeat_nothing_the_server_says(parcel):
    class Talkative(Welcoming):
        def get_banner(self):
            return ("SECRETWORD of the server", "en")

        def check_auth_publickey(self, username, key):
            return paramiko.AUTH_FAILED

    with odd_server(KEY, Talkative()) as port:
        error = refused(AuthenticationRefused, elsewhere(port), KEY, parcel)
    assert "SECRETWORD" not in error.message + error.remedy


@pytest.mark.parametrize("theirs", ["", "RekeyLimit 256K"], ids=["ours", "the server's"])
def test_keys_are_renewed_in_the_middle_of_a_parcel_whoever_asks_for_it(tmp_path, monkeypatch, theirs):
    if not theirs:
        monkeypatch.setattr(PatientPackets, "REKEY_BYTES", 1 << 18)
    parcel = sealed(tmp_path, 1, sizes=(3_000_001, 317, 911))
    (folder := tmp_path / "partner").mkdir()
    with sshd(folder, KEY.public_line(), extra=theirs) as server, reaching(server.endpoint, KEY) as destination:
        destination.put(parcel, Story().attempt)
        transport = destination._kept._transport
        assert transport.session_id != transport.H, "there was a second exchange of keys"
        assert {path.name: path.read_bytes() for path in (server.files / "inbox").iterdir()} == contents(parcel)
