"""The rules once more, as slowly and plainly as possible: what the engine is compared with."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date

from gateway.minimise.consent import NOTHING, Opened, Standing, standing
from gateway.minimise.pupil_numbers import is_upn
from tests.unit.minimise.ground import Said

Child = Mapping[str, str]


def age_on(born: date, day: date) -> int:
    """Years completed; a birthday of 29 February is kept on 1 March in common years."""
    passed = (day.month, day.day) >= (born.month, born.day)
    return day.year - born.year - (0 if passed else 1)


def verdict(child: Child, file: Sequence[Child], held: Sequence[Child], said: Sequence[Said], day: date) -> str:
    if not sound(child, day):
        return "rejected"
    home = (child.get("address_line_1", "") + child.get("address_line_2", "")).strip()
    speaks_against = {
        "age": not 13 <= age_on(date.fromisoformat(child["date_of_birth"]), day) < 20,
        "hold": any(same_child(child, other) or same_home(child, other) for other in held),
        "too-few-identifiers": not (home and child.get("postcode") and name_of(child)),
        "duplicate": sum(1 for other in file if twice(child, other, day)) > 1,
        "objection": standing(said, day).objected,
    }
    return next((reason for reason, holds in speaks_against.items() if holds), "released")


def opened(child: Child, said: Sequence[Said], day: date) -> Opened:
    born, state = date.fromisoformat(child["date_of_birth"]), standing(said, day)
    if age_on(born, day) < 16:
        return state.minor
    return state.own if decided_at_sixteen(state, born) else NOTHING


def decided_at_sixteen(state: Standing, born: date) -> bool:
    return state.own_given is not None and age_on(born, state.own_given) >= 16


def sound(child: Child, day: date) -> bool:
    try:
        born = date.fromisoformat(child["date_of_birth"])
    except ValueError:
        return False
    shaped = re.fullmatch(r"\d{4}-\d\d-\d\d", child["date_of_birth"]) and 0 <= (day - born).days <= 44_000
    return bool(shaped and is_upn(child["upn"]) and child["forename"] and child["surname"])


def twice(child: Child, other: Child, day: date) -> bool:
    if child["upn"] == other["upn"]:
        return True
    in_scope = sound(other, day) and 13 <= age_on(date.fromisoformat(other["date_of_birth"]), day) < 20
    return in_scope and name_of(child) == name_of(other) and child["date_of_birth"] == other["date_of_birth"]


def same_child(child: Child, held: Child) -> bool:
    numbers = {child.get(field) for field in ("upn", "former_upn")} & {held.get(f) for f in ("upn", "former_upn")}
    if numbers - {None, ""}:
        return True
    if any(child.get(field) and child.get(field) == held.get(field) for field in ("uln", "local_id", "uprn")):
        return True
    names = {folded(f + s) for f in forenames(held) for s in surnames(held)}
    own = {name_of(child), folded(forenames(child)[-1] + surnames(child)[-1])}
    return child["date_of_birth"] == held.get("date_of_birth") and bool(names & own)


def same_home(child: Child, held: Child) -> bool:
    if not held.get("postcode") or folded(child.get("postcode", "")) != folded(held["postcode"]):
        return False
    theirs, own = house_numbers(held), house_numbers(child)
    return not theirs or not own or bool({own[0], own[-1]} & set(theirs))


def house_numbers(child: Child) -> list[int]:
    lines = f"{child.get('address_line_1', '')} {child.get('address_line_2', '')}"
    return [int(number) for number in re.findall(r"\d+", lines)]


def forenames(child: Child) -> list[str]:
    return [text for text in (child.get("forename"), child.get("preferred_forename")) if text]


def surnames(child: Child) -> list[str]:
    return [text for text in (child.get("surname"), child.get("preferred_surname")) if text]


def name_of(child: Child) -> str:
    return folded(child["forename"] + child["surname"])


def folded(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).lower()
    return "".join(c for c in bare.translate(str.maketrans("łøđðħıŧ", "lodohit")) if c.isalnum())
