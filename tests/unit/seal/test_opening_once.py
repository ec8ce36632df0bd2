"""The ciphertext is read once, and what is wrong with a parcel is told in the order of the steps."""

import io
from datetime import timedelta

import pytest

from gateway.vocabulary.parcel import names_of
from tests.simulators.council import AT, CSV, ME, stranger


@pytest.mark.parametrize("spoil", [lambda whole: whole[:-1], lambda whole: b"", lambda whole: whole + b"x"])
def test_that_it_is_another_file_is_told_before_that_it_does_not_open(council, desk, sent, spoil):
    transfer = council.seal(sent).parcel.transfer
    sealed = sent / names_of(transfer)[0]
    sealed.write_bytes(spoil(sealed.read_bytes()))
    desk.expected = lambda route: 99
    assert desk.refusal(transfer, sent) == "ciphertext-hash"


def test_that_it_is_not_for_us_is_told_before_that_it_does_not_open(council, desk, sent):
    made = council.pieces()
    made.recipient = stranger()
    transfer = made.write(sent)
    desk.me = "somebody-else"
    assert desk.refusal(transfer, sent) == "not-addressed"
    desk.me, desk.at = ME, AT + timedelta(days=400)
    assert desk.refusal(transfer, sent) == "expired"


class Changing(io.BytesIO):
    """A file that somebody rewrites as soon as it has been read to its end."""

    reads = 0

    def read(self, size=-1, /):
        data = super().read(size)
        self.reads += bool(data)
        if not data:
            self.seek(0)
            super().write(bytes(len(self.getvalue())))
            self.seek(0, io.SEEK_END)
        return data


def test_no_byte_of_the_ciphertext_is_read_twice(council, desk, sent):
    transfer = council.seal(sent).parcel.transfer
    parcel, whole = desk.verified(transfer, sent), (sent / names_of(transfer)[0]).read_bytes()
    opened = parcel.open(Changing(whole), desk.emptied(), desk.reader(), desk.answered(), AT)
    assert opened.data.read_bytes() == CSV
