"""Where invented children live: flats and houses, and a postcode in an area that is not in use."""

from dataclasses import dataclass
from random import Random

from gateway.demo.chance import below
from gateway.demo.names import STREET_OF_THE_CAST, STREETS

_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
"""Those that the second half of a postcode is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One address, as it stands in two lines, and its telephone."""

    line_1: str
    line_2: str
    postcode: str
    property_number: str
    phone: str


def anywhere(random: Random, number: int) -> Home:
    """An address somewhere in town; `number` counts households."""
    street = below(random, len(STREETS))
    house = 1 + below(random, 240)
    flat = f"Flat {1 + below(random, 24)}" if random.random() < 0.3 else ""
    return _home(f"{house} {STREETS[street]}", flat, _postcode(street, house), number)


def of_the_cast(number: int) -> Home:
    """The number-th house of a street in which nobody else lives; every third is a flat.

    Each has a postcode to itself: a hold on an address may reach further within one.
    """
    flat = f"Flat {1 + number % 4}" if number % 3 == 0 else ""
    postcode = f"NM9 9{_LETTERS[number // 20 % 20]}{_LETTERS[number % 20]}"
    return _home(f"{number} {STREET_OF_THE_CAST}", flat, postcode, number)


def _home(house: str, flat: str, postcode: str, number: int) -> Home:
    first, second = (flat, house) if flat else (house, "")
    return Home(
        line_1=first, line_2=second, postcode=postcode, property_number=str(990_000_000_000 + number),
        phone=f"01632 960{number % 1000:03}",
    )  # fmt: skip


def _postcode(street: int, house: int) -> str:
    block = house // 12
    return f"NM{1 + street // 8} {street % 8 + 1}{_LETTERS[street % 20]}{_LETTERS[block % 20]}"


def mobile(random: Random) -> str:
    return f"07700 900{below(random, 1000):03}"
