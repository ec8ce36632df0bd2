"""The table of exit codes, collected from the error classes that own them.

The README prints `markdown()`, and a test compares the two.
"""

from collections.abc import Iterator

from gateway.vocabulary import errors
from gateway.vocabulary.errors import GatewayError

MEANINGS = {
    0: "done",
    1: "something we did not foresee",
    2: "the command was typed wrongly",
    3: "something waits for a person",
    4: "the rules say no; nothing left",
    65: "bytes that break their contract: an extract, a statement, a register import, a parcel, a published format",
    66: "a key that is needed is not there or not safe",
    70: "cryptography says no: a signature, an acknowledgement or the log",
    74: "the disk or the ledger failed",
    75: "not delivered now; it is tried again or minimised again by itself",
    76: "not delivered; a person must look",
    78: "the configuration cannot be used, or the clock cannot be trusted",
    130: "interrupted from the keyboard",
    141: "whoever read our output went away",
}


def classes() -> Iterator[type[GatewayError]]:
    """Every class of the tree in `vocabulary/errors.py`, parents first."""
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, GatewayError):
            yield value


def by_code() -> dict[int, tuple[str, ...]]:
    """Exit code: the classes that leave with it."""
    table: dict[int, tuple[str, ...]] = dict.fromkeys(MEANINGS, ())
    for kind in classes():
        table[kind.exit_code] = (*table.get(kind.exit_code, ()), kind.__name__)
    return table


def markdown() -> str:
    """The table as the README has it."""
    lines = ["| code | meaning | error classes |", "|---|---|---|"]
    for code, names in sorted(by_code().items()):
        classes_cell = ", ".join(f"`{name}`" for name in names)
        lines.append(f"| {code} | {MEANINGS[code]} | {classes_cell} |")
    return "\n".join(lines) + "\n"
