"""A partner with a database: what is sent as a table arrives as rows."""

import csv
import io
import sqlite3
from dataclasses import dataclass

from gateway.partner.disposing import Disposed, purge
from gateway.partner.receiving import Received, receive
from gateway.partner.settings import load_receiver
from gateway.seal.acknowledgement import Acknowledgement, UnverifiedAcknowledgement
from gateway.vocabulary.parcel import disposal_names
from gateway.vocabulary.transfer import TransferId
from tests.simulators.council import DOMAIN
from tests.unit.partner.conftest import Partnership

URL = "sqlite:///youth.sqlite"
HEADER = ("Reference", "Forename", "Mobile")


@dataclass
class Youth:
    """The partnership, its database, and the next number of the route."""

    partnership: Partnership
    sequence: int = 1
    url: str = URL

    def send(self, rows, header=HEADER, **changed) -> TransferId:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([header, *rows])
        facts = {"sequence": self.sequence, "rows": len(rows)} | changed
        self.sequence += 1
        return self.partnership.send(text.getvalue().encode(), **facts)

    def remove(self, *rows, **changed) -> TransferId:
        return self.send(
            rows, header=("Reference", "Remove"), scope="removal", file_name="yss-removal.csv", **changed
        )  # fmt: skip

    def receive(self) -> list[Received]:
        return list(receive(load_receiver(self.partnership.home, into=self.url), self.partnership.at))

    def take(self, rows, header=HEADER, **changed) -> TransferId:
        transfer = self.send(rows, header, **changed)
        assert [(one.transfer, one.result) for one in self.receive()] == [(transfer, "accepted")]
        return transfer

    def taken_away(self, *rows) -> TransferId:
        transfer = self.remove(*rows)
        assert [(one.transfer, one.result) for one in self.receive()] == [(transfer, "accepted")]
        return transfer

    def rejected(self) -> str | None:
        (only,) = self.receive()
        assert only.result == "rejected"
        return only.code

    def purge(self, **given) -> Disposed:
        return purge(load_receiver(self.partnership.home, into=self.url), self.partnership.at, **given)

    def rows(self, columns: str = "Reference, Forename, Mobile", table: str = "route_yss") -> list[tuple]:
        return self.ask(f"select {columns} from {table} order by 1")  # noqa: S608 - a test's own words

    def ask(self, query: str) -> list[tuple]:
        with sqlite3.connect(self.partnership.home / "youth.sqlite") as connection:
            answer = connection.execute(query).fetchall()
        connection.close()
        return answer

    def disposal(self, transfer: TransferId) -> Acknowledgement:
        signature, body = (self.partnership.acknowledgements / name for name in disposal_names(transfer))
        found = UnverifiedAcknowledgement.parse(body.read_bytes(), signature.read_bytes())
        return found.verify(self.partnership.key, DOMAIN)
