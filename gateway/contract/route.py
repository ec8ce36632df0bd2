"""One purpose to one partner: the whole that a data protection officer signs (`config/routes/`)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from gateway.contract.document import Document
from gateway.contract.fields import Slug
from gateway.contract.partner import Partner
from gateway.contract.policy import Policy
from gateway.contract.schema import Schema
from gateway.vocabulary import canonical
from gateway.vocabulary.digest import Digest


class Expect(Document):
    """An extract is expected at least so often; `grace` after that it is an alarm and no longer a warning."""

    every: Annotated[timedelta, Field(ge=timedelta(hours=1), le=timedelta(days=400))]
    grace: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=60))] = timedelta(days=1)


class RoutePage(Document):
    """`config/routes/NAME.toml`: names the other three pages."""

    route: Annotated[str, Field(pattern=Slug)]
    partner: Annotated[str, Field(pattern=Slug)]
    policy: Annotated[str, Field(pattern=Slug)]
    schema_name: Annotated[str, Field(pattern=Slug)]
    scope: Literal["full", "changes"] = "full"
    signatures: Literal[2] = 2
    release_within: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(hours=8))] = timedelta(hours=4)
    expect: Expect | None = Field(default=None, exclude_if=lambda expected: expected is None)
    """Left out of what is signed where there is none: pages without it keep their signatures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route with its three pages read: everything that decides what may leave."""

    page: RoutePage
    partner: Partner
    policy: Policy
    schema: Schema

    @property
    def name(self) -> str:
        return self.page.route

    def canonical(self) -> bytes:
        """What the data protection officer's signature covers, and what statements name by hash."""
        pages = {"page": self.page, "partner": self.partner, "policy": self.policy, "schema": self.schema}
        return canonical.encode(
            {"type": "handoff-route/v1"} | {name: page.model_dump(mode="json") for name, page in pages.items()}
        )

    def partner_canonical(self) -> bytes:
        """What a second person's signature covers: where the data goes, and whose keys open it."""
        return canonical.encode({"type": "handoff-partner/v1", "partner": self.partner.model_dump(mode="json")})

    def rules(self) -> Digest:
        """Of all that decides what leaves, and to whom; how the partner is reached may change without."""
        pages = {"page": self.page, "policy": self.policy, "schema": self.schema}
        told = {"type": "handoff-rules/v1"} | {name: page.model_dump(mode="json") for name, page in pages.items()}
        return Digest.of(canonical.encode(told))

    def digest(self) -> Digest:
        return Digest.of(self.canonical())
