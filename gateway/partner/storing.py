"""Where the data of an opened parcel goes: into the database where there is one, else into a file.

Changes and removals make sense only where the data they change is: one that would go somewhere
else than what came before it on its route stops the round, and is not answered. A `full`
parcel begins anew, wherever it goes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.partner.database.loading import load
from gateway.partner.database.opening import Database
from gateway.partner.database.records import is_table
from gateway.partner.memory import Memory, Place
from gateway.partner.settings import Receiver
from gateway.partner.taking_over import keep_evidence, take_over
from gateway.seal.opening import OpenedParcel
from gateway.vocabulary.errors import ConfigError


@contextmanager
def opened_database(receiver: Receiver) -> Iterator[Database | None]:
    """None if there is none; what Database.open raises."""
    if receiver.into is None:
        yield None
        return
    database = Database.open(receiver.into, home=receiver.home)
    try:
        yield database
    finally:
        database.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    received: Path
    memory: Memory
    database: Database | None

    def keep(self, opened: OpenedParcel) -> Place:
        """Where it went. Doing it again changes nothing.

        Raises:
            ParcelInvalid: `content-unusable`; nothing was kept.
            ConfigError: it would go somewhere else than what it changes.
            StorageError: disk or database failed.
        """
        manifest = opened.manifest
        if self.database is None or not is_table(opened.data, manifest.file.name):
            self._check_place(opened, "file")
            take_over(self.received, opened)
            return "file"
        self._check_place(opened, "database")
        load(self.database, manifest, opened.data)  # (R0)
        keep_evidence(self.received, opened)  # (R1)
        return "database"

    def _check_place(self, opened: OpenedParcel, place: Place) -> None:
        manifest = opened.manifest
        before = self.memory.last_place(manifest.heading.route)
        if manifest.scope != "full" and before not in (None, place):
            raise ConfigError(
                f"a parcel with {manifest.scope} would go into a {place}, and what it changes went into a {before}",
                remedy="name the same place as before with 'into' in receiver.toml, or ask for a full parcel",
            )
