"""Staff with small extracts: the same few children, each time in another order, so that each is another file."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from random import Random

from gateway.approval.desk import statement_name
from gateway.crypto.ssh_keys import SigningKey
from gateway.vocabulary.namespaces import of_route
from tests.bench import data
from tests.bench.council import DOMAIN, ROUTE, Council

CHILDREN = 20
REGISTERED = 1_000
SIGNERS = ("prepare", "approve")


@dataclass(frozen=True)
class Staff:
    """Their files appear in the drop folder by a rename from `folder`, whole, as from a share's client."""

    council: Council
    folder: Path
    rows: tuple[str, ...]
    """The header, then a child a line."""

    def extract(self, number: int) -> bytes:
        head, *children = self.rows
        Random(number).shuffle(children)
        return "".join([head, *children]).encode("utf-8")

    @cached_property
    def people(self) -> Mapping[str, SigningKey]:
        return {role: SigningKey.load(self.council.keys[role].read_bytes()) for role in SIGNERS}

    @property
    def drop_folder(self) -> Path:
        return self.council.home / "outbox" / ROUTE

    def drop(self, number: int) -> Path:
        """Its name in the drop folder."""
        return self._put(f"children-{number}.csv", self.extract(number))

    def signature(self, extract: Path, role: str) -> tuple[Path, Path]:
        """Written, and not yet where it belongs: where it is, and where it belongs."""
        statement = extract.with_name(statement_name(extract.name))
        made = self.people[role].sign(statement.read_bytes(), of_route(role, ROUTE, DOMAIN))
        name = f"{statement.name}.{role}.sig"
        (self.folder / name).write_text(made)
        return self.folder / name, self.drop_folder / name

    def sign(self, extract: Path, role: str) -> None:
        written, place = self.signature(extract, role)
        written.rename(place)

    def _put(self, name: str, content: bytes) -> Path:
        (self.folder / name).write_bytes(content)
        return (self.folder / name).rename(self.drop_folder / name)


def staff(council: Council, folder: Path, kept: Path, today: date) -> Staff:
    desk = folder / "staff"
    desk.mkdir()
    made = data.extract(kept, council.route.schema, REGISTERED, today)
    return Staff(council=council, folder=desk, rows=tuple(_lines(made, council.route.schema.delimiter)[: CHILDREN + 1]))


def _lines(extract: Path, delimiter: str) -> list[str]:
    with extract.open(newline="", encoding="utf-8") as stream:
        return [_line(row, delimiter) for row in csv.reader(stream, delimiter=delimiter)]


def _line(row: list[str], delimiter: str) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, delimiter=delimiter).writerow(row)
    return line.getvalue()
