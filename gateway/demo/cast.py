"""The cast: one child for each thing that can be true of a child on the day of the story."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.demo import numbers
from gateway.demo.person import born_so_as_to_attain
from gateway.demo.states import FROM_16, UNDER_16, Outcome, State, named

Born = Callable[[date], date]
Fields = Mapping[str, str]


def _as_they_are(_: Fields) -> Fields:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is true of one child. `born` is told the day of the story."""

    situation: str
    born: Born
    outcome: Outcome
    state: State | None = None
    forename: str = ""
    surname: str = ""
    changes: Callable[[Fields], Fields] = _as_they_are
    """What stands in the row instead of what would."""
    known_by: Callable[[Fields], Fields] | None = None
    """Whoever asks for a hold on this child gives these."""
    twice: bool = False
    siblings: tuple["Part", ...] = ()


def attains(age: int, *, days: int) -> Born:
    """Whoever attains this age so many days from today; negative: has attained it."""
    return lambda today: born_so_as_to_attain(age, today + timedelta(days), rather_later=days > 0)


def on_a_leap_day(today: date) -> date:
    """A 29 February on which somebody of 13 to 17 was born."""
    return date((today.year - 14) // 4 * 4, 2, 29)


_AT_14, _AT_17 = attains(14, days=-100), attains(17, days=-100)


def _lives(state: State, born: Born) -> Part:
    return Part(situation=state.slug, born=born, outcome=state.outcome, state=state)


def _birthday(situation: str, born: Born, outcome: Outcome, state: str) -> Part:
    return Part(situation=situation, born=born, outcome=outcome, state=named(state))


def _spoilt(situation: str, **changes: str) -> Part:
    return Part(situation=situation, born=_AT_14, outcome="rejected", changes=lambda _: changes)


def _another_check_letter(fields: Fields) -> Fields:
    letter = numbers.LETTERS[(numbers.LETTERS.index(fields["upn"][0]) + 1) % len(numbers.LETTERS)]
    return {"upn": letter + fields["upn"][1:]}


def _temporary(fields: Fields) -> Fields:
    body = fields["upn"][1:-1] + "T"
    return {"upn": numbers.check_letter(body) + body}


def _upn_alone(fields: Fields) -> Fields:
    return {"upn": fields["upn"]}


def _name_as_somebody_else_spells_it(fields: Fields) -> Fields:
    return {"forename": "ZOE", "surname": "O Larkey Finn", "date_of_birth": fields["date_of_birth"]}


def _address_in_capitals(fields: Fields) -> Fields:
    return {name: fields[name].upper() for name in ("address_line_1", "address_line_2", "town", "postcode")}


BIRTHDAYS = (
    _birthday("thirteen-tomorrow", attains(13, days=1), "outside-ages", "parent-yes"),
    _birthday("thirteen-today", attains(13, days=0), "consented", "parent-yes"),
    _birthday("thirteen-yesterday", attains(13, days=-1), "consented", "parent-yes"),
    _birthday("sixteen-tomorrow", attains(16, days=1), "consented", "parent-yes"),
    _birthday("sixteen-today", attains(16, days=0), "floor", "parent-yes-ended"),
    _birthday("sixteen-today-with-own-yes", attains(16, days=0), "consented", "own-yes"),
    _birthday("sixteen-yesterday", attains(16, days=-1), "floor", "parent-yes-ended"),
    _birthday("twenty-tomorrow", attains(20, days=1), "consented", "own-yes"),
    _birthday("twenty-today", attains(20, days=0), "outside-ages", "own-yes"),
    _birthday("twenty-yesterday", attains(20, days=-1), "outside-ages", "own-yes"),
    Part(situation="leap-day", born=on_a_leap_day, outcome="floor"),
)
HOLDS = (
    Part(situation="held-by-upn", born=_AT_14, outcome="withheld", state=named("parent-yes"), known_by=_upn_alone),
    Part(
        situation="held-by-name", born=_AT_17, outcome="withheld", state=named("own-yes-to-all"), forename="Zoë",
        surname="O'Larkey-Finn", known_by=_name_as_somebody_else_spells_it,
    ),
    Part(
        situation="held-by-address", born=_AT_14, outcome="withheld", state=named("parent-yes"),
        known_by=_address_in_capitals,
        siblings=(
            Part(situation="lives-with-one-held", born=_AT_17, outcome="withheld", state=named("own-yes")),
        ),
    ),
)  # fmt: skip
ODDITIES = (
    Part(
        situation="says-yes-for-herself", born=_AT_17, outcome="consented", state=named("own-yes"),
        siblings=(Part(situation="parent-says-no-for-brother", born=_AT_14, outcome="floor", state=named("parent-no")),),
    ),
    Part(
        situation="adopted", born=_AT_14, outcome="consented", state=named("parent-yes"),
        changes=lambda _: {"former_upn": numbers.upn(5_000_000, 9), "former_surname": "Whilomby"},
    ),
    Part(
        situation="quoted-address", born=_AT_14, outcome="floor",
        changes=lambda _: {"address_line_1": '"The Old Forge", Weir Lane', "address_line_2": "rear of no. 7"},
    ),
    Part(situation="temporary-upn", born=_AT_14, outcome="floor", changes=_temporary),
)  # fmt: skip
BAD_ROWS = (
    Part(situation="bad-check-letter", born=_AT_14, outcome="rejected", changes=_another_check_letter),
    _spoilt("impossible-date", date_of_birth="2011-02-30"),
    _spoilt("missing-surname", surname=""),
    _spoilt("no-such-postcode", postcode="NM1"),
    Part(situation="twice", born=_AT_14, outcome="duplicate", twice=True),
)
CAST = (
    *BIRTHDAYS, *(_lives(state, _AT_14) for state in UNDER_16), *(_lives(state, _AT_17) for state in FROM_16),
    *HOLDS, *ODDITIES, *BAD_ROWS,
)  # fmt: skip
