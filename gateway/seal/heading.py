"""What envelope and manifest both say, word for word: which parcel this is, from whom, for whom, until when.

The route stands in both, since a sequence is counted for each route: a receiver who could
not read the content would otherwise not know which number had been used up.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.seal.members import FINGERPRINT, PARTY, SLUG, Members
from gateway.vocabulary import moment
from gateway.vocabulary.errors import FormatInvalid
from gateway.vocabulary.transfer import TransferId

MOST_RECIPIENTS: Final = 16
NAMES: Final = ("transfer", "route", "sequence", "sender", "recipients", "created", "release_by", "expires")


@dataclass(frozen=True, slots=True)
class Party:
    """Who, and the fingerprint of the key they use here: a sender's SSH key, a recipient's age key."""

    id: str
    key: str

    def plain(self) -> dict[str, str]:
        return {"id": self.id, "key": self.key}

    @classmethod
    def read(cls, members: Members) -> "Party":
        return cls(members.text("id", PARTY), members.text("key", FINGERPRINT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    transfer: TransferId
    route: str
    sequence: int
    """From 1 on, without gaps, for each route."""
    sender: Party
    recipients: tuple[Party, ...]
    created: datetime
    release_by: datetime
    expires: datetime

    def plain(self) -> dict[str, Any]:
        return {
            "transfer": self.transfer, "route": self.route, "sequence": self.sequence, "sender": self.sender.plain(),
            "recipients": [party.plain() for party in self.recipients], "created": moment.spell(self.created),
            "release_by": moment.spell(self.release_by), "expires": moment.spell(self.expires),
        }  # fmt: skip

    @classmethod
    def read(cls, members: Members) -> "Heading":
        party = ("id", "key")
        heading = cls(
            transfer=members.transfer("transfer"),
            route=members.text("route", SLUG),
            sequence=members.count("sequence", least=1),
            sender=Party.read(members.part("sender", party)),
            recipients=tuple(map(Party.read, members.parts("recipients", party, most=MOST_RECIPIENTS))),
            created=members.moment("created"),
            release_by=members.moment("release_by"),
            expires=members.moment("expires"),
        )
        if not heading.recipients or not heading.created <= heading.release_by <= heading.expires:
            raise FormatInvalid(f"{members.what} names nobody, or ends before it begins")
        return heading
