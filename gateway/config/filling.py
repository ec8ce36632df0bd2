"""Write values into a TOML page and keep its comments: one assignment a line, as our examples have it."""

import json
import re
from collections.abc import Mapping

from gateway.vocabulary.errors import ConfigError

Value = str | int | bool | tuple[str, ...]
_TABLE = re.compile(r"\[([a-z_.]+)\]\s*")
_ASSIGNMENT = re.compile(r"([a-z_]+)\s*=")


def fill(page: str, values: Mapping[str, Value]) -> str:
    """The page with `values` set (`host` in table `endpoint` is `endpoint.host`); ConfigError for a key it lacks."""
    left = dict(values)
    table, lines = "", []
    for line in page.splitlines():
        if heading := _TABLE.fullmatch(line):
            table = heading[1] + "."
        assignment = _ASSIGNMENT.match(line)
        key = table + assignment[1] if assignment else ""
        lines.append(f"{assignment[1]} = {spell(left.pop(key))}" if assignment and key in left else line)
    if left:
        raise ConfigError(f"an example page has no line for {min(left)}")
    return "\n".join(lines) + "\n"


def spell(value: Value) -> str:
    """As TOML; JSON's texts, numbers and lists are TOML's too."""
    return json.dumps(list(value) if isinstance(value, tuple) else value)
