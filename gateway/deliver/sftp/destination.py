"""A partner's SFTP server as a Destination: connects when it must, keeps the connection for a run of parcels.

A connection on which anything went wrong is not used again. What it does not do: try
again, choose between servers, or look at anything there that is not named by a parcel.
"""

import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from gateway.contract.partner import Endpoint
from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.destination import LARGEST_ANSWER, Answer, Attempt, Delivered, Job, Naming
from gateway.deliver.profile import Profile
from gateway.deliver.sftp import wire
from gateway.deliver.sftp.connection import Connection, connect
from gateway.deliver.sftp.conversation import Conversation, hold, hold_many, together
from gateway.deliver.sftp.faults import understood
from gateway.deliver.sftp.inbox import Inbox
from gateway.deliver.sftp.probing import probing
from gateway.deliver.sftp.putting import Putting
from gateway.deliver.sftp.replies import wire_status
from gateway.vocabulary.errors import GatewayError, PartnerRefused
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.parcel import Parcel, acknowledgement_names
from gateway.vocabulary.transfer import TransferId

PARCELS_IN_FLIGHT = 32
_ASKED_AT_ONCE = 200


class SftpDestination:
    """See `Destination` for the duties, and `connection` for what a connection must be."""

    def __init__(
        self,
        endpoint: Endpoint,
        client_key: bytes,
        *,
        passphrase: bytes | None = None,
        clock: Callable[[], datetime],
        timeout: float = 60.0,
        read_back: bool = False,
    ) -> None:
        """`client_key` is an OpenSSH private key; `timeout`, in seconds, bounds every single wait.

        `read_back` has the ciphertext read back whatever its size, and refuses where that is not permitted.

        Raises:
            KeyUnavailable: the key cannot be read, or is of a kind that is not used here.
        """
        self._endpoint, self._clock, self._timeout, self._read_back = endpoint, clock, timeout, read_back
        self._key = SigningKey.load(client_key, passphrase)
        self._kept: Connection | None = None

    def put(self, parcel: Parcel, attempt: Attempt) -> Delivered:
        with self._connection() as connection:
            return hold(connection.session, self._putting(connection, parcel, attempt))

    def put_many(self, jobs: Iterable[Job]) -> Iterator[Delivered | GatewayError]:
        """Many in flight at a time; those that are not in turn yet wait with everything there, and nothing seen."""
        failed = False
        with self._connection() as connection:
            talks = (self._putting(connection, parcel, attempt) for parcel, attempt in jobs)
            for outcome in hold_many(connection.session, talks, PARCELS_IN_FLIGHT):
                failed = failed or isinstance(outcome, GatewayError)
                yield outcome
        if failed:
            self.close()  # what went wrong may have left handles open

    def probe(self, chance: str) -> Profile:
        """What the server can do, tried with two small files of our own; `chance` is part of their names."""
        with self._connection() as connection:
            inbox = Inbox(session=connection.session, folder=self._endpoint.inbox)
            return hold(connection.session, probing(inbox, connection.negotiated, chance, self._clock()))

    def _putting(self, connection: Connection, parcel: Parcel, attempt: Attempt) -> Conversation[Delivered]:
        return Putting(
            inbox=Inbox(session=connection.session, folder=self._endpoint.inbox),
            parcel=parcel,
            attempt=attempt,
            read_back_all=self._read_back,
            negotiated=connection.negotiated,
        ).run()

    def collect(self, wanted: frozenset[TransferId], names: Naming = acknowledgement_names) -> Iterator[Answer]:
        if not wanted:
            return
        unreadable = 0
        with self._connection() as connection:
            folder = Inbox(session=connection.session, folder=self._endpoint.acknowledgements)
            for transfer in _completed(folder, wanted, names):
                answer = _fetch(folder, transfer, names)
                unreadable += answer is None
                if isinstance(answer, Answer):
                    yield answer
        if unreadable:
            raise PartnerRefused(
                f"{unreadable} of the partner's answers are incomplete, or may not be read",
                remedy="ask the partner: an answer is two files that our user may read",
            )

    def close(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if self._kept is not None and not self._kept.is_alive():
            self.close()
        if self._kept is None:
            self._kept = connect(self._endpoint, self._key, timeout=self._timeout, day=london_day(self._clock()))
        try:
            yield self._kept
        except BaseException:
            self.close()
            raise


def _completed(folder: Inbox, wanted: frozenset[TransferId], names: Naming) -> Iterator[TransferId]:
    """Those whose completing file is a regular file there; asked many in one round trip, the folder never listed."""
    transfers = sorted(wanted)
    for start in range(0, len(transfers), _ASKED_AT_ONCE):
        some = transfers[start : start + _ASKED_AT_ONCE]
        paths = [folder.path(names(transfer)[1]) for transfer in some]
        replies = folder.session.gather(wire.lstat(path) for path in paths)
        yield from (transfer for transfer, reply in zip(some, replies, strict=True) if _is_file(reply))


def _is_file(reply: wire.Reply) -> bool:
    if wire_status(reply) is not None:
        return False
    with understood():
        mode = wire.attributes_of(reply).mode
    return mode is None or stat.S_ISREG(mode)


def _fetch(folder: Inbox, transfer: TransferId, names: Naming) -> Answer | None:
    """None if one of the two files is missing; of one that is larger than an answer can be, enough to see that."""
    signature, body = hold(folder.session, together(_content(folder, name) for name in names(transfer)))
    if signature is None or body is None:
        return None
    return Answer(transfer=transfer, body=body, signature=signature)


def _content(folder: Inbox, name: str) -> Conversation[bytes | None]:
    pieces = yield from folder.stream(name, LARGEST_ANSWER + 1)
    return None if pieces is None else b"".join(pieces)
