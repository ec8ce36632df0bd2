"""One invented child: everything a council might hold, under its standard names, and why they are here."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from gateway.demo import numbers
from gateway.demo.chance import below, pick
from gateway.demo.homes import Home, mobile
from gateway.demo.names import COUNTY, FORENAMES, SCHOOLS, TOWN
from gateway.demo.states import Outcome

_ETHNICITIES = ("WBRI", "WIRI", "WOTH", "MWBC", "MWAS", "AIND", "APKN", "ABAN", "BCRB", "BAFR", "CHNE", "NOBT")
_LANGUAGES = ("ENG", "ENG", "ENG", "ENG", "POL", "URD", "TUR", "POR", "SOM", "YOR")
_PROVISION = ("N", "N", "N", "N", "N", "N", "K", "K", "E")
_NEEDS = ("SPLD", "MLD", "SEMH", "SLCN", "ASD")
_ACTIVITIES = ("school", "college", "apprenticeship", "employment", "not known")
_DESTINATIONS = ("sixth form", "college", "apprenticeship", "")
_NOTES = ("", "", "Ring after five.", "Grandmother collects; has asked that the new flat is not given out.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One row of an extract, by standard field name. A field that is not there is an empty cell."""

    fields: Mapping[str, str]
    situation: str
    """Why this row is in the story: a slug, unique among the cast."""
    outcome: Outcome

    def but(self, situation: str, **changes: str) -> "Child":
        """The same child in another row."""
        return replace(self, situation=situation, fields={**self.fields, **changes})


def plain(name: str) -> str:
    """Without case, accents or anything that is not a letter."""
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if c.isalpha())


def birthday(born: date, age: int) -> date:
    """When somebody attains an age: who is born on 29 February does so on 1 March in common years."""
    year = born.year + age
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def born_so_as_to_attain(age: int, day: date, *, rather_later: bool) -> date:
    """Whose birthday that is; where a leap day is nobody's of that age, whose is the day after, or before."""
    try:
        return day.replace(year=day.year - age)
    except ValueError:
        return date(day.year - age, 3, 1) if rather_later else date(day.year - age, 2, 28)


def fields_of(
    random: Random, number: int, *, forename: str, surname: str, born: date, home: Home, today: date
) -> dict[str, str]:
    """Everything about the number-th child. Ages and years are as of `today`."""
    leaves = birthday(born, 16).year
    school = SCHOOLS[number % len(SCHOOLS)]
    provision = pick(random, _PROVISION)
    return {
        "upn": numbers.upn(number, born.year + 5), "uln": numbers.uln(number), "local_id": f"N{number:07}",
        "forename": forename, "surname": surname, "date_of_birth": born.isoformat(),
        "middle_names": pick(random, FORENAMES) if random.random() < 0.4 else "",
        "sex": pick(random, "FM"), **_address(home), **_contact(random, home, surname, number),
        "school_name": school, "school_number": str(numbers.school_number(number)),
        "school_urn": str(990_000 + number % len(SCHOOLS)), "year_group": str(_year_group(born, today)),
        "enrolment_status": "C", "entry_date": f"{born.year + 11}-09-01", "leaving_date": "",
        "part_time": "N", "boarder": "N", "first_language": pick(random, _LANGUAGES),
        "free_school_meals": "Y" if random.random() < 0.25 else "N", "service_child": "N",
        "youth_support_agreement": "UNS", "attendance_possible": "118",
        "attendance_missed": str(below(random, 30)), "exclusions": "0", "attainment": str(20 + below(random, 60)),
        "post_16_offer": "yes" if leaves <= today.year + 1 else "", "intended_destination": pick(random, _DESTINATIONS),
        "current_activity": pick(random, _ACTIVITIES), "ethnicity": pick(random, _ETHNICITIES),
        "sen_provision": provision, "sen_need": pick(random, _NEEDS) if provision != "N" else "",
        "disability": "", "medical_flag": "N", "looked_after": "N", "care_leaver": "N", "offending": "N",
        "young_carer": "Y" if random.random() < 0.04 else "N", "nationality": "GBR", "religion": "",
        "notes": pick(random, _NOTES),
    }  # fmt: skip


def _address(home: Home) -> dict[str, str]:
    return {
        "address_line_1": home.line_1, "address_line_2": home.line_2, "town": TOWN, "county": COUNTY,
        "postcode": home.postcode, "uprn": home.property_number,
    }  # fmt: skip


def _contact(random: Random, home: Home, surname: str, number: int) -> dict[str, str]:
    lines = [home.line_1, home.line_2, TOWN, home.postcode]
    return {
        "phone": home.phone, "mobile": mobile(random), "email": f"pupil{number}@example.org",
        "parent_name": f"{pick(random, FORENAMES)} {surname}", "parent_phone": mobile(random),
        "parent_address": ", ".join(filter(None, lines)), "parent_email": f"home{number}@example.org",
    }  # fmt: skip


def _year_group(born: date, today: date) -> int:
    """Years are counted by the 1st of September: who is 11 on the 31st of August begins Year 7."""
    begun = today.year if today.month >= 9 else today.year - 1
    return begun - (born.year + (born.month >= 9)) - 4
