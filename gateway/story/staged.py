"""Which staged parcel a person is to open, and what is needed for that: no secret, and nothing of its content."""

from dataclasses import dataclass
from typing import Final

from gateway.vocabulary import canonical
from gateway.vocabulary.errors import FormatInvalid
from gateway.vocabulary.transfer import TransferId

_MEMBERS: Final = frozenset({"transfer", "sender", "domain", "key", "partner", "recipient", "envelope"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Which parcel, by its envelope's digest; from whom, by the line of whose key; to whom, by which age recipient."""

    transfer: TransferId
    sender: str
    domain: str
    key: str
    partner: str
    recipient: str
    envelope: str

    def encode(self) -> bytes:
        return canonical.encode({name: str(getattr(self, name)) for name in _MEMBERS})

    @classmethod
    def parse(cls, page: bytes) -> "Staged":
        """FormatInvalid if it is none."""
        members = canonical.decode(page, what="what is said of a staged parcel")
        if members.keys() != _MEMBERS or not all(isinstance(one, str) for one in members.values()):
            raise FormatInvalid("what is said of a staged parcel is not what is agreed")
        return cls(**{**members, "transfer": TransferId.parse(members["transfer"])})
