"""Packets that we seal ourselves: paramiko's own reader takes them, and no number is used twice."""

import os
import socket
import threading
from contextlib import suppress

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from paramiko.message import Message
from paramiko.packet import Packetizer

from gateway.deliver.sftp.packets import PatientPackets
from gateway.deliver.sftp.read_ahead import ReadAhead

KEY, IV = bytes(range(32)), bytes(range(12))
LAST = IV[:4] + b"\xff" * 8


@pytest.fixture
def line():
    ours, theirs = map(ReadAhead.of, socket.socketpair())
    with ours, theirs:
        for end in (ours, theirs):
            end.settimeout(5)
        yield ours, theirs


def sealing(sock, iv=IV, key=KEY):
    packets = PatientPackets(sock)
    packets.set_outbound_cipher(block_engine=AESGCM(key), block_size=16, mac_engine=None, mac_size=16, mac_key=None,
                                sdctr=False, etm=False, aead=True, iv_out=iv)  # fmt: skip
    return packets


def opening(sock, iv=IV):
    packets = Packetizer(sock)
    packets.set_inbound_cipher(AESGCM(KEY), 16, None, 16, None, aead=True, iv_in=iv)
    return packets


def message(body):
    return Message().add_byte(b"\x5e").add_bytes(body)


def test_paramikos_own_reader_takes_packets_of_every_length(line):
    ours, theirs = sealing(line[0]), opening(line[1])
    for size in (*range(40), 32_704):
        body = os.urandom(size)
        ours.send_message(message(body))
        kind, read = theirs.read_message()
        assert (kind, read.get_remainder()) == (0x5E, body)


def test_behind_the_last_number_follows_the_first(line):
    """The one place where paramiko's own packets end: its number does not fit any more."""
    ours = sealing(line[0], LAST)
    for number in (LAST, LAST[:4] + bytes(8)):
        ours.send_message(message(b"something"))
        packet = line[1].recv(1000)
        assert b"\x5esomething" in AESGCM(KEY).decrypt(number, packet[4:], packet[:4])


def test_two_equal_packets_differ_in_every_block_on_the_line(line):
    ours = sealing(line[0])
    for _ in range(2):
        ours.send_message(message(bytes(59)))
    first, second = (line[1].recv(4 + 80 + 16)[4:] for _ in range(2))
    assert not any(first[place : place + 16] == second[place : place + 16] for place in range(0, 96, 16))


def test_a_packet_of_another_key_is_not_taken(line):
    sealing(line[0], key=bytes(32)).send_message(message(b"something"))
    with pytest.raises(InvalidTag):
        opening(line[1]).read_message()


def test_several_threads_send_whole_packets_each_with_a_number_of_its_own(line):
    ours, theirs = sealing(line[0]), opening(line[1])
    bodies = {bytes([number]) * 1000 for number in range(60)}
    threads = [
        threading.Thread(target=lambda some=some: [ours.send_message(message(body)) for body in some])
        for some in (sorted(bodies)[::2], sorted(bodies)[1::2])
    ]
    for thread in threads:
        thread.start()
    assert {theirs.read_message()[1].get_remainder() for _ in bodies} == bodies
    for thread in threads:
        thread.join()


def test_new_keys_are_due_once_as_much_was_sealed_as_paramiko_thinks_right(line):
    ours = sealing(line[0])
    ours.REKEY_BYTES = 1000
    assert not ours.need_rekey()
    ours.send_message(message(bytes(1000)))
    assert ours.need_rekey()
    ours.set_outbound_cipher(AESGCM(KEY), 16, None, 16, None, aead=True, iv_out=IV)
    assert not ours.need_rekey()


def test_before_any_keys_packets_go_as_paramiko_writes_them(line):
    PatientPackets(line[0]).send_message(message(b"plain"))
    assert b"plain" in line[1].recv(100)


def test_a_server_that_reads_nothing_ends_it_within_its_patience(line):
    ours = sealing(line[0])
    line[0].settimeout(0.01)
    ours.patience = 0.05
    with pytest.raises(EOFError):
        all(ours.send_message(message(bytes(32_000))) is None for _ in range(1000))


def test_what_lies_there_together_is_read_at_once_and_given_piece_by_piece(line):
    read = line[0]
    line[1].sendall(b"abcdefgh")
    assert [read.recv(3), read.recv(3), read.recv(3)] == [b"abc", b"def", b"gh"]
    line[1].sendall(b"ij")
    assert read.recv(16) == b"ij"


def test_the_other_sides_end_is_seen_behind_all_that_it_sent(line):
    read = line[0]
    line[1].sendall(b"abc")
    line[1].shutdown(socket.SHUT_WR)
    assert [read.recv(2), read.recv(2), read.recv(2), read.recv(2)] == [b"ab", b"c", b"", b""]


def test_a_silent_side_is_a_timeout_as_with_any_socket(line):
    read = line[0]
    read.settimeout(0.01)
    with pytest.raises(TimeoutError):
        read.recv(1)


def test_paramiko_is_woken_twice_a_second_and_not_ten_times(line):
    line[0].settimeout(0.1)
    assert line[0].gettimeout() == 0.5
    line[0].settimeout(None)
    assert line[0].gettimeout() is None


def test_closing_wakes_whoever_waits_for_something_to_read(line):
    line[0].settimeout(60)

    def wait():
        with suppress(OSError):  # it may be closed by the time it is read
            assert line[0].recv(10) == b""

    reader = threading.Thread(target=wait)
    reader.start()
    line[0].close()
    reader.join(5)
    assert not reader.is_alive()


def test_what_was_sent_before_closing_arrives(line):
    line[0].sendall(b"x" * 10_000)
    line[0].close()
    assert b"".join(iter(lambda: line[1].recv(4096), b"")) == b"x" * 10_000
