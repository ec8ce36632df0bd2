"""One extract where staff dropped it: which route's folder, and under which name."""

from dataclasses import dataclass

from gateway.approval.desk import remarks_name, statement_name
from gateway.footing.drop_folder import DropFolder
from gateway.story.gate import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """`name` is staff's own: it goes nowhere but back to this folder."""

    gate: Gate
    folder: DropFolder
    name: str

    @property
    def limit(self) -> int:
        return self.gate.route.schema.max_bytes

    def clear_statement(self) -> None:
        """The statement, its signatures and the copies they were made over: what they say is over."""
        statement = statement_name(self.name)
        for paper in reversed(self.folder.names()):  # the statement last: by it the others are found after a crash
            ours = paper == statement or paper.startswith(f"{statement}.")
            if ours and not self.folder.is_folder(paper):  # which somebody has put in a paper's place
                self.folder.remove(paper)

    def clear_papers(self) -> None:
        """Remarks too, once a copy of ours holds them."""
        self.folder.remove(remarks_name(self.name))
        self.clear_statement()

    def has_remarks(self) -> bool:
        return remarks_name(self.name) in self.folder.names()
