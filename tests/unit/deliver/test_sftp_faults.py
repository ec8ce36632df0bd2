"""Whatever paramiko or the network raises has its place in our tree; the table misses none, and repeats nothing."""

import importlib
import pkgutil
import socket

import paramiko
import pytest

from gateway.deliver.sftp.faults import KNOWN, TABLE, translate, translated, understood
from gateway.vocabulary.errors import (
    AuthenticationRefused,
    DeliveryError,
    FormatInvalid,
    HostKeyMismatch,
    PartnerRefused,
    PartnerUnreachable,
)


def theirs():
    """Every exception that paramiko defines, wherever it does."""
    found = set()
    for module in pkgutil.iter_modules(paramiko.__path__, "paramiko."):
        if module.name in ("paramiko.win_pageant", "paramiko._winapi", "paramiko.win_openssh"):
            continue  # of another system: they do not import here
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, type) and issubclass(thing, Exception) and thing.__module__.startswith("paramiko."):
                found.add(thing)
    return sorted(found, key=lambda kind: kind.__qualname__)


def test_paramiko_is_looked_through():
    assert len(theirs()) >= 12
    assert paramiko.SSHException in theirs()


@pytest.mark.parametrize(
    "kind", [*theirs(), EOFError, OSError, socket.gaierror, TimeoutError, ConnectionResetError, BrokenPipeError]
)
def test_every_error_of_theirs_is_one_of_ours(kind):
    error = kind.__new__(kind)
    with pytest.raises(DeliveryError) as caught, translated():
        raise error
    assert caught.value.__cause__ is error
    assert caught.value.remedy


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0].__name__)
def test_no_row_stands_behind_one_that_would_decide_before_it(row):
    kind, ours, words = row
    error = translate(kind.__new__(kind))
    assert (type(error), words in error.message) == (ours, True)


@pytest.mark.parametrize("kind", [*theirs(), OSError])
def test_no_message_of_theirs_comes_through(kind):
    error = kind.__new__(kind)
    error.args = ("SECRETWORD",)
    ours = translate(error)
    assert "SECRETWORD" not in ours.message + ours.remedy


def test_only_an_unreachable_partner_is_tried_again():
    again = {ours for _, ours, _ in TABLE if ours.try_again}
    assert again == {PartnerUnreachable}
    assert {HostKeyMismatch, AuthenticationRefused, PartnerRefused} <= {ours for _, ours, _ in TABLE} - again


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), RuntimeError("x"), FormatInvalid("x")])
def test_a_defect_of_our_own_is_not_called_the_partners(error):
    assert not isinstance(error, KNOWN)
    with pytest.raises(type(error)), translated():
        raise error


def test_a_reply_that_is_none_is_the_servers_fault():
    with pytest.raises(PartnerRefused), understood():
        raise FormatInvalid("x")


@pytest.mark.parametrize("error", [ValueError("x"), PartnerUnreachable("x")])
def test_nothing_else_is_taken_for_a_reply_that_is_none(error):
    with pytest.raises(type(error)), understood():
        raise error
