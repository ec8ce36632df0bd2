"""What every signed page of configuration has in common: closed, frozen, hashable."""

from pydantic import BaseModel, ConfigDict

from gateway.vocabulary import canonical
from gateway.vocabulary.digest import Digest


class Document(BaseModel):
    """A frozen page. Unknown keys are errors; inputs are never shown in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True)

    def digest(self) -> Digest:
        """Of the page's meaning, not its spelling: comments and order do not count."""
        return Digest.of(canonical.encode(self.model_dump(mode="json")))
