"""What a reply says, as far as several of us ask: its status, its handle, and a refusal in our words."""

from gateway.deliver.sftp import wire
from gateway.deliver.sftp.faults import understood
from gateway.deliver.sftp.wire import Status
from gateway.vocabulary.errors import PartnerRefused


def wire_status(reply: wire.Reply) -> Status | None:
    with understood():
        return wire.status_of(reply)


def opened(reply: wire.Reply) -> bytes:
    """The handle."""
    if wire_status(reply) is not None:
        raise PartnerRefused(
            f"the partner's server did not let us create a file ({word(reply)})",
            remedy="the inbox must exist, be writable for our user, and hold none of our temporaries",
        )
    with understood():
        return wire.handle_of(reply)


def is_data(reply: wire.Reply, expected: bytes) -> bool:
    """Whether it gives these bytes. A refusal, or fewer, is no answer to that: it is asked in another way then."""
    with understood():
        return reply.kind == wire.Kind.DATA and wire.data_of(reply) == expected


def not_stored(reply: wire.Reply) -> PartnerRefused:
    return PartnerRefused(
        f"the partner's server refused to store a part of a file ({word(reply)})",
        remedy="its disk or our quota there may be full: ask the partner, then 'gateway retry'",
    )


def word(reply: wire.Reply) -> str:
    """The server's status in the protocol's own words; its free text is never shown."""
    status = wire_status(reply)
    return "no status" if status is None else status.name.lower().replace("_", " ")
