"""Whatever a stranger writes, a parser answers with a value or with one of our refusals, and with nothing else.

hypothesis draws where to begin; from there each input is a sound one, cut, spliced and overwritten.
FUZZ_INPUTS says how many inputs each parser gets (2000); those that need a file or a process for each get fewer.
"""

import ast
import os
import random
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.seal.openpgp.certificates import parse_certificate
from gateway.vocabulary.errors import GatewayError
from tests.hostile import parsers_of_files, parsers_of_openpgp, parsers_of_parcels, parsers_of_words

ROOT = Path(__file__).resolve().parents[2]
INPUTS, BATCH = int(os.environ.get("FUZZ_INPUTS", "2000")), 100
PARSERS = {
    **parsers_of_parcels.PARSERS, **parsers_of_openpgp.PARSERS, **parsers_of_words.PARSERS, **parsers_of_files.PARSERS,
}  # fmt: skip
SLOW = {**parsers_of_openpgp.SLOW, **parsers_of_files.SLOW}
_SPICE = [
    b"",
    b"\0",
    b"\xff" * 4,
    b"\n",
    b'"',
    b"{}",
    b"-1",
    b"A" * 64,
    b"\x80" * 8,
    b"PK\x01\x02",
    b"-> ",
    b"1e9",
    b"\\u0000",
]


def changed(sound: bytes, chance: random.Random) -> bytes:
    data = bytearray(sound)
    for _ in range(chance.randrange(1, 5)):
        place, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        match chance.randrange(6):
            case 0:
                del data[place:]
            case 1:
                del data[place : min(end, place + 40)]
            case 2:
                data[place:place] = chance.choice(_SPICE)
            case 3:
                data[place : place + 1] = bytes([chance.randrange(256)])
            case 4:
                data[place:place] = data[place : min(end, place + 200)]
            case 5:
                data[place : place + 4] = chance.randbytes(4)
    return bytes(data)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_gives_a_value_or_one_of_our_refusals(name):
    parse, sound = PARSERS[name]
    seeds = sound()
    batch = max(1, BATCH // SLOW.get(name, 1))

    @given(st.integers(0, 2**64 - 1))
    @settings(max_examples=max(1, INPUTS // BATCH), deadline=None, database=None)
    def inputs(seed):
        chance = random.Random(seed)
        for _ in range(batch):
            data = changed(chance.choice(seeds), chance)
            try:
                parse(data)
            except GatewayError:
                continue

    inputs()


@pytest.mark.parametrize("name", PARSERS)
def test_each_parser_takes_what_it_is_changed_from(name):
    """Else nothing but its first line would ever be reached."""
    parse, sound = PARSERS[name]
    for data in sound():
        parse(data)


PARSES = re.compile(r"_?parse(_\w+)?|_?parsed|_?dearmor\w*|decode|open_note")
LEFT_OUT = {
    "gateway/cli/receive.py:parse_args": "words that somebody types, which Typer reads",
    "gateway/minimise/shapes.py:parsed": "makes SQL, and reads nothing",
    "gateway/minimise/disclosures.py:parse_meaning": "reads what we wrote, whose digest is receipted",
}


def functions_that_parse():
    """By file and first line, as the interpreter knows them."""
    for path in (ROOT / "gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and PARSES.fullmatch(node.name):
                first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
                yield (str(path), first), f"{path.relative_to(ROOT)}:{node.name}"


def test_every_function_that_parses_is_reached_by_one_of_these_or_has_its_reason():
    reached = set()

    def note(frame, event, _):
        if event == "call":
            reached.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    inputs = [(parse, data) for parse, sound in PARSERS.values() for data in sound()]
    parse_certificate.cache_clear()
    sys.setprofile(note)
    try:
        for parse, data in inputs:
            parse(data)
    finally:
        sys.setprofile(None)
    assert {name for place, name in functions_that_parse() if place not in reached} == set(LEFT_OUT)
