"""What envelope and manifest both say, word for word: which parcel this is, from whom, for whom, until when.

The route stands in both, since a sequence is counted for each route: a receiver who could
not read the content would otherwise not know which number had been used up.

Version 1 is what every receiver knows. Version 2 also says which format the parcel is sealed in. A
receiver takes both; which one is written is for the partner's page to say, so that no upgrade of
ours comes before one of theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast, get_args

from gateway.seal.members import FINGERPRINT, PARTY, SLUG, Members
from gateway.vocabulary import moment
from gateway.vocabulary.errors import FormatInvalid
from gateway.vocabulary.parcel import ParcelFormat
from gateway.vocabulary.transfer import TransferId

MOST_RECIPIENTS: Final = 16
_FIRST: Final = ("transfer", "route", "sequence", "sender", "recipients", "created", "release_by", "expires")
_MEMBERS: Final[Mapping[int, tuple[str, ...]]] = {1: _FIRST, 2: (*_FIRST, "format")}
"""By version."""


def versions_of(page: str, own: Mapping[int, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
    """The types of a page, `handoff-PAGE/v1` and so on, each with all its members."""
    return {f"handoff-{page}/v{version}": (*names, *own[version]) for version, names in _MEMBERS.items()}


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
    version: int = 1
    format: ParcelFormat | None = None
    """None in version 1, which does not say."""

    def type_of(self, page: str) -> str:
        return f"handoff-{page}/v{self.version}"

    def plain(self) -> dict[str, Any]:
        of_its_version = {} if self.version == 1 else {"format": self.format}
        return {
            "transfer": self.transfer, "route": self.route, "sequence": self.sequence, "sender": self.sender.plain(),
            "recipients": [party.plain() for party in self.recipients], "created": moment.spell(self.created),
            "release_by": moment.spell(self.release_by), "expires": moment.spell(self.expires),
            **of_its_version,
        }  # fmt: skip

    @classmethod
    def read(cls, members: Members, kind: str) -> "Heading":
        version = int(kind.rpartition("/v")[2])
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
            version=version,
            format=None if version == 1 else cast("ParcelFormat", members.word("format", get_args(ParcelFormat))),
        )
        if not heading.recipients or not heading.created <= heading.release_by <= heading.expires:
            raise FormatInvalid(f"{members.what} names nobody, or ends before it begins")
        return heading
