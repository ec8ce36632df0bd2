"""How we speak to a terminal.

- results go to standard output, everything else to standard error;
- a failure reads `gateway: what happened`, lower case, without a full stop, and what to do
  stands on a line of its own; with --json it is one JSON object, also on standard error;
- never the content of a file, a value of a child, or a foreign library's words;
- of an unforeseen exception only type and place: its message could hold anything;
- control characters are shown, not sent: a name in a drop folder cannot repaint a screen.
"""

import json
import re
import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from types import TracebackType
from typing import TextIO

from gateway.vocabulary.errors import GatewayError, slug_of

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_LABEL = re.compile(r" *(?:\S+(?: \S+)* {2,})?")
NARROWEST = 30
"""In fewer columns nothing is folded: the terminal does it as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    out: TextIO
    err: TextIO
    as_json: bool = False
    """How failures are spelled; results are spelled by the verbs."""

    def say(self, text: str = "") -> None:
        self.out.write(plain(text) + "\n")

    def tell(self, text: str) -> None:
        """For the person watching, not for the pipe."""
        self.err.write(f"gateway: {plain(text)}\n")

    def tell_what_to_do(self, remedy: str) -> None:
        """Below what was told, if there is anything to do."""
        if remedy:
            self.err.write(f"  what to do: {plain(remedy)}\n")

    def ask(self, question: str) -> None:
        """The answer is typed behind it; not part of the result, so it goes to standard error."""
        self.err.write(plain(question))
        self.err.flush()

    def say_folded(self, text: str) -> None:
        """On a terminal a line that is too long goes on under its own text; in a pipe it stays whole."""
        width = shutil.get_terminal_size().columns if self.out.isatty() else len(text)
        for line in folded(text, width):
            self.say(line)

    def say_json(self, value: object) -> None:
        self.out.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def say_table(self, rows: Sequence[Sequence[str]]) -> None:
        """Columns as wide as they must be; the last one as long as it likes."""
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)] if rows else []
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            self.say("  ".join([*cells, row[-1]]).rstrip())

    def fail(self, error: GatewayError) -> int:
        """Say what went wrong and return the exit code of its class."""
        self._failure(slug_of(error), error.message, error.remedy, error.exit_code)
        return error.exit_code

    def defect(self, error: BaseException) -> int:
        message = f"a defect of the gateway: {type(error).__name__} at {_place(error.__traceback__)}"
        self._failure("defect", message, "report this line; it holds nothing of any child", GatewayError.exit_code)
        return GatewayError.exit_code

    def _failure(self, kind: str, message: str, remedy: str, code: int) -> None:
        if self.as_json:
            failure = {"error": {"kind": kind, "message": message, "remedy": remedy, "exit_code": code}}
            self.err.write(json.dumps(failure, ensure_ascii=False) + "\n")
            return
        for line in message.splitlines():
            self.tell(line)
        self.tell_what_to_do(remedy)


def counted(count: int, one: str, many: str = "") -> str:
    """'1 file', '2 files'; `many` where that is not the word with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def folded(text: str, width: int) -> list[str]:
    """Words that do not fit go below where the text of the line begins, behind its label."""
    label = _LABEL.match(text)
    indent = label.end() if label else 0
    if len(text) <= width or width - indent < NARROWEST:
        return [text]
    lines = textwrap.wrap(text[indent:], width - indent, break_long_words=False, break_on_hyphens=False)
    return [text[:indent] + lines[0], *(" " * indent + line for line in lines[1:])]


def plain(text: str) -> str:
    """The text with control characters spelled out."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def _place(trace: TracebackType | None) -> str:
    """File and line of the last frame, without its folder."""
    if trace is None:
        return "an unknown place"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
