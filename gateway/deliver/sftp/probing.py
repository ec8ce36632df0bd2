"""What a server can do, found out by doing it: two small files of our own, made, compared and removed again.

No parcel is sent, and none of its names touched. What a server forbids is an answer here and
no error; only that nothing can be created at all is one.
"""

from datetime import datetime

from gateway.deliver.profile import Profile, Rename
from gateway.deliver.sftp import wire
from gateway.deliver.sftp.conversation import Conversation
from gateway.deliver.sftp.faults import understood
from gateway.deliver.sftp.inbox import Inbox
from gateway.deliver.sftp.replies import opened, wire_status
from gateway.deliver.sftp.wire import Status
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import PartnerRefused
from gateway.vocabulary.facts import Facts

_WORDS = b"a probe of the council's handoff gateway; it may be deleted\n"


def probing(inbox: Inbox, negotiated: Facts, chance: str, at: datetime) -> Conversation[Profile]:
    """Raises:
    PartnerRefused: no file can be created in the inbox.
    PartnerUnreachable: the connection broke.
    """
    first, second = (f".probe-{chance}-{number}.part" for number in (1, 2))
    yield from _create(inbox, first)
    yield from _create(inbox, second)
    modified = yield from _modified(inbox, first)
    hashed = yield from inbox.server_hash(first, len(_WORDS))
    back = yield from inbox.read_back(first, len(_WORDS))
    resume = yield from _may_go_on(inbox, first)
    rename = yield from _rename(inbox, first, second)
    removes = yield from _removes(inbox, first, second)
    session = inbox.session
    return Profile(
        server=str(negotiated["server"]),
        kex=str(negotiated["kex"]),
        cipher=str(negotiated["cipher"]),
        host_key=str(negotiated["host_key"]),
        post_quantum=bool(negotiated["post_quantum"]),
        strict_kex=bool(negotiated["strict_kex"]),
        durable=wire.FSYNC in session.extensions,
        server_hash=hashed == Digest.of(_WORDS),
        rename=rename,
        resume=resume,
        reads=back is not None and back.digest == Digest.of(_WORDS),
        removes=removes,
        write_size=session.limits.write,
        clock_ahead=None if modified is None else modified - int(at.timestamp()),
    )


def _create(inbox: Inbox, name: str) -> Conversation[None]:
    handle = opened((yield (wire.create(inbox.path(name)),))[0])
    replies = yield (wire.write(handle, 0, _WORDS), wire.close(handle))
    if any(wire_status(reply) is not Status.OK for reply in replies):
        raise PartnerRefused("the partner's server did not store a small file", remedy="its disk may be full")


def _modified(inbox: Inbox, name: str) -> Conversation[int | None]:
    (reply,) = yield (wire.lstat(inbox.path(name)),)
    if wire_status(reply) is not None:
        return None
    with understood():
        return wire.attributes_of(reply).modified


def _may_go_on(inbox: Inbox, name: str) -> Conversation[bool]:
    (reply,) = yield (wire.open_to_go_on(inbox.path(name)),)
    if wire_status(reply) is not None:
        return False
    yield (wire.close(opened(reply)),)
    return True


def _rename(inbox: Inbox, first: str, second: str) -> Conversation[Rename]:
    """A name that is taken, then one that is free: a server may forbid all renaming."""
    if (yield from inbox.rename(first, second)):
        return "overwrites"
    free = f"{second}-renamed"
    if not (yield from inbox.rename(second, free)):
        return "forbidden"
    yield from inbox.rename(free, second)
    return "refuses"


def _removes(inbox: Inbox, *names: str) -> Conversation[bool]:
    try:
        removed = yield from inbox.remove(names)
    except PartnerRefused:
        return False
    return any(removed)
