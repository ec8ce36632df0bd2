"""What a partner's server can do, as it was last found out, and what became worse since. Kept in deliver's store."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Literal

from gateway.deliver.store import Store
from gateway.vocabulary import canonical, moment
from gateway.vocabulary.errors import StorageError

Rename = Literal["refuses", "overwrites", "forbidden"]
_KEEP: Final = (
    "insert into profile values (?, ?, ?) on conflict (partner) do update set at = excluded.at, facts = excluded.facts"
)
CLOCKS_DIFFER: Final = 60
"""Seconds by which two clocks may differ before it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One server, as a probe found it."""

    server: str
    kex: str
    cipher: str
    host_key: str
    post_quantum: bool
    strict_kex: bool
    durable: bool
    """It makes files durable when it is asked to (`fsync@openssh.com`)."""
    server_hash: bool
    """It says the SHA-256 of what it holds."""
    rename: Rename
    """What a rename does whose new name is taken."""
    resume: bool
    """A file that is there can be written to again."""
    reads: bool
    """We may read what we wrote."""
    removes: bool
    """We may delete what we wrote; without it nobody can tell what a try that broke off has left."""
    write_size: int
    """Bytes that one request may carry."""
    clock_ahead: int | None
    """Seconds, negative if it is behind; None if it does not say."""


GOOD: Final[dict[str, str]] = {
    "post_quantum": "the key exchange is not post-quantum any more",
    "strict_kex": "strict key exchange is gone",
    "durable": "it does not make files durable any more",
    "server_hash": "it does not say the hash of what it holds any more",
    "resume": "what broke off cannot be gone on with any more",
    "reads": "what we wrote may not be read any more: deliveries are verified by size",
    "removes": "our own temporaries may not be deleted any more: a try that broke off may end in doubt",
}


def downgrades(before: Profile, now: Profile) -> Iterator[str]:
    """What is worse than it was, in a sentence each."""
    for name, sentence in GOOD.items():
        if getattr(before, name) and not getattr(now, name):
            yield sentence
    if before.rename == "refuses" and now.rename != "refuses":
        yield f"a rename to a name that is taken is not refused any more: it is {now.rename}"
    if before.host_key != now.host_key:
        yield "it shows another of the pinned host keys"


@dataclass(frozen=True, slots=True)
class Profiles:
    store: Store

    def last(self, partner: str) -> Profile | None:
        """StorageError if what was kept is no profile."""
        rows = self.store.rows("select facts from profile where partner = ?", partner)
        try:
            return Profile(**canonical.decode(rows[0][0].encode(), what="a profile", limit=1 << 16)) if rows else None
        except TypeError as error:
            raise StorageError("a server's profile was kept by another version", remedy="probe it again") from error

    def keep(self, partner: str, profile: Profile, at: datetime) -> None:
        facts = canonical.encode(asdict(profile)).decode()
        self.store.write(_KEEP, (partner, moment.spell(at), facts))
