"""What every signed page of configuration has in common: closed, frozen, hashable, and spelled as it is seen."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from gateway.contract.page_text import refuse_what_nobody_sees
from gateway.vocabulary import canonical
from gateway.vocabulary.digest import Digest


class Document(BaseModel):
    """A frozen page. Unknown keys are errors; inputs are never shown in errors."""

    # a command that reads one kind of page does not wait until the others can be read
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_as_it_is_seen(cls, value: Any, info: ValidationInfo) -> Any:
        return refuse_what_nobody_sees(value, info, cls.model_fields)

    def digest(self) -> Digest:
        """Of the page's meaning, not its spelling: comments and order do not count."""
        return Digest.of(canonical.encode(self.model_dump(mode="json")))
