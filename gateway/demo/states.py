"""Every state a consent can be in, as a short story of decisions, and what must come of it.

Each table is one age group: under 16 somebody else decides, from 16 the young person. `outcome` is what the
rules of the Youth Support Service make of it (DESIGN §5): written here by hand, so that a rule that changes
by accident disagrees with the story.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Outcome = Literal["floor", "consented", "special", "withheld", "outside-ages", "rejected", "duplicate"]
Reckoned = Literal["ago", "before-16", "at-16"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of the consent register, as a council would import it."""

    upn: str
    purpose: str
    decided_by: str
    decision: str
    tiers: tuple[str, ...]
    given: date
    expires: date | None
    notice: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Step:
    """Who decided what, and when: days ago, days before the 16th birthday, or days after it (today at the latest)."""

    decided_by: str
    decision: str
    days: int
    tiers: tuple[str, ...] = ()
    reckoned: Reckoned = "ago"
    ends: int | None = None
    """Days from today on which it no longer counts."""

    def given(self, today: date, sixteenth: date) -> date:
        if self.reckoned == "before-16":
            return sixteenth - timedelta(self.days)
        return (
            min(today, sixteenth + timedelta(self.days)) if self.reckoned == "at-16" else today - timedelta(self.days)
        )


@dataclass(frozen=True, slots=True)
class State:
    slug: str
    weight: int
    outcome: Outcome
    steps: tuple[Step, ...] = ()


MORE, ALL = ("consented",), ("consented", "special")
YES = Step("parent", "consent", 200, MORE)
OWN_YES = Step("young-person", "consent", 20, MORE, reckoned="at-16")
EARLIER_YES = Step("parent", "consent", 300, MORE, reckoned="before-16")

UNDER_16 = (
    State("parent-yes", 40, "consented", (YES,)),
    State("parent-yes-to-all", 8, "special", (Step("parent", "consent", 120, ALL),)),
    State("guardian-yes", 4, "consented", (Step("guardian", "consent", 90, MORE),)),
    State("parent-no", 10, "floor", (Step("parent", "refuse", 150),)),
    State("parent-withdrew", 4, "floor", (YES, Step("parent", "withdraw", 15))),
    State("parent-yes-again", 2, "consented", (Step("parent", "refuse", 210), YES)),
    State("parent-yes-expired", 3, "floor", (Step("parent", "consent", 400, MORE, ends=-1),)),
    State("parent-yes-until-tomorrow", 1, "consented", (Step("parent", "consent", 364, MORE, ends=1),)),
    State("unsought", 8, "floor", (Step("parent", "unsought", 60),)),
    State("no-reply", 8, "floor", (Step("parent", "no-reply", 60),)),
    State("yes-then-unsought", 2, "consented", (YES, Step("parent", "unsought", 30))),
    State("parents-disagree", 2, "floor", (YES, Step("guardian", "refuse", 190))),
    State("child-says-no", 1, "floor", (YES, Step("young-person", "refuse", 10))),
    State("objection", 1, "withheld", (YES, Step("parent", "object", 5))),
    State("no-row", 6, "floor"),
)
FROM_16 = (
    State("own-yes", 40, "consented", (OWN_YES,)),
    State("own-yes-to-all", 8, "special", (Step("young-person", "consent", 30, ALL, reckoned="at-16"),)),
    State("own-no", 10, "floor", (EARLIER_YES, Step("young-person", "refuse", 10, reckoned="at-16"))),
    State("own-withdrew", 4, "floor", (OWN_YES, Step("young-person", "withdraw", 40, reckoned="at-16"))),
    State("parent-yes-ended", 12, "floor", (EARLIER_YES,)),
    State("parent-no-still-counts", 5, "floor", (Step("parent", "refuse", 300, reckoned="before-16"),)),
    State("own-yes-after-parent-no", 3, "consented", (Step("parent", "refuse", 300, reckoned="before-16"), OWN_YES)),
    State("own-yes-too-early", 2, "floor", (Step("young-person", "consent", 30, MORE, reckoned="before-16"),)),
    State("own-unsought", 6, "floor", (EARLIER_YES, Step("young-person", "unsought", 15, reckoned="at-16"))),
    State("own-objection", 1, "withheld", (OWN_YES, Step("young-person", "object", 45, reckoned="at-16"))),
    State("no-row-from-16", 6, "floor"),
)


def named(slug: str) -> State:
    return next(state for state in (*UNDER_16, *FROM_16) if state.slug == slug)
