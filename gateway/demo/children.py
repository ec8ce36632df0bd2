"""The children of the demonstration, and what has been decided about them. Same seed, same story.

First a cast: one child for each thing that can be true of a child on this day. Then households of one to
three, aged 11 to 20, with consents in every state, until there are rows enough; then all rows are mixed.
Nobody is real, and each child knows what must come of it (`outcome`), which is judged nowhere here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random

from gateway.demo import homes
from gateway.demo.cast import CAST, Part
from gateway.demo.chance import below, pick, shuffled
from gateway.demo.homes import Home
from gateway.demo.names import FORENAMES, SURNAMES
from gateway.demo.person import Child, birthday, fields_of, plain
from gateway.demo.states import FROM_16, UNDER_16, Decision, State, Step

PURPOSE, NOTICE = "youth-support", "PN-2026-09"
_UNDER_16 = tuple(state for state in UNDER_16 for _ in range(state.weight))
_FROM_16 = tuple(state for state in FROM_16 for _ in range(state.weight))
_YOUNGEST, _OLDEST = 11, 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A child who must not be disclosed, known by these fields alone, as whoever asks for the hold knows them."""

    situation: str
    known_by: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    children: tuple[Child, ...]
    decisions: tuple[Decision, ...]
    held: tuple[Held, ...]
    today: date

    def fit_for_a_return(self) -> tuple[Child, ...]:
        """Those with sound rows and nobody on hold: a statutory return is made of such rows or not at all."""
        return tuple(child for child in self.children if child.outcome not in ("rejected", "duplicate", "withheld"))

    def in_situation(self, situation: str) -> Child:
        """The first child of this situation; StopIteration if there is none."""
        return next(child for child in self.children if child.situation == situation)


def population(random: Random, *, today: date, rows: int = 400, purpose: str = PURPOSE) -> Population:
    """`rows` rows, or a few more: the cast is always whole, and so are households.

    Args:
        random: a `Random(seed)` that nothing else draws from.
        today: the London day on which the story is told.
        purpose: what the decisions in the register are about.
    """
    town = _Town(random=random, today=today, purpose=purpose)
    for part in CAST:
        town.play(part)
    while len(town.children) < rows:
        town.move_in()
    return Population(
        children=tuple(shuffled(random, town.children)), decisions=tuple(town.decisions), held=tuple(town.held),
        today=today,
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Town:
    """Who lives here so far. Numbers count up, so that no two children share one."""

    random: Random
    today: date
    purpose: str
    children: list[Child] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    known: set[tuple[str, date]] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=count)
    households: Iterator[int] = field(default_factory=lambda: count(1))

    def play(self, part: Part) -> None:
        """One of the cast, alone in a house, or with brothers and sisters."""
        home = homes.of_the_cast(next(self.households))
        surname = part.surname or pick(self.random, SURNAMES)
        for member in (part, *part.siblings):
            fields = self._somebody(member.born(self.today), home, surname, member.forename)
            fields |= member.changes(fields)
            child = Child(fields=fields, situation=member.situation, outcome=member.outcome)
            self._enter(child, member.born(self.today), member.state)
            if member.twice:
                self.children.append(child.but(f"{member.situation}-again", middle_names=""))
            if member.known_by:
                self.held.append(Held(situation=member.situation, known_by=member.known_by(fields)))

    def move_in(self) -> None:
        """A household of one to three children."""
        home, surname = homes.anywhere(self.random, next(self.households)), pick(self.random, SURNAMES)
        for _ in range(1 + below(self.random, 3)):
            born = self._some_birthday()
            state = pick(self.random, _UNDER_16 if self.today < birthday(born, 16) else _FROM_16)
            in_scope = birthday(born, 13) <= self.today < birthday(born, 20)
            child = Child(
                fields=self._somebody(born, home, surname), situation=state.slug,
                outcome=state.outcome if in_scope else "outside-ages",
            )  # fmt: skip
            self._enter(child, born, state)

    def _some_birthday(self) -> date:
        youngest = self.today - timedelta(365 * _YOUNGEST)
        return youngest - timedelta(below(self.random, 365 * (_OLDEST - _YOUNGEST)))

    def _somebody(self, born: date, home: Home, surname: str, forename: str = "") -> dict[str, str]:
        """Nobody shares name and date of birth with anybody: that would make duplicates of them."""
        forename = forename or pick(self.random, FORENAMES)
        while (known_as := (plain(forename + surname), born)) in self.known:
            surname = pick(self.random, SURNAMES)
        self.known.add(known_as)
        return fields_of(
            self.random, next(self.numbers), forename=forename, surname=surname, born=born, home=home, today=self.today
        )

    def _enter(self, child: Child, born: date, state: State | None) -> None:
        """Into the extract, and what has been decided about them into the register."""
        self.children.append(child)
        for step in state.steps if state else ():
            given = step.given(self.today, birthday(born, 16))
            self.decisions.append(self._decision(child, step, given))

    def _decision(self, child: Child, step: Step, given: date) -> Decision:
        expires = None if step.ends is None else self.today + timedelta(step.ends)
        return Decision(
            upn=child.fields["upn"], purpose=self.purpose, decided_by=step.decided_by, decision=step.decision,
            tiers=step.tiers, given=given, expires=expires, notice=NOTICE,
            evidence=f"FORM-{len(self.decisions) + 1:06}",
        )  # fmt: skip
