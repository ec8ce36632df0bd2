"""The person's end of a staged parcel that prepare's desk hands out: three files, opened here with the person's identity."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from gateway.cli.hands import Hands, InHand
from gateway.story.staged import Staged
from gateway.vocabulary.errors import FormatInvalid
from gateway.vocabulary.parcel import names_of


@dataclass(slots=True)
class ParcelAtHand:
    """In the order in which the desk asks: `take`, `add` as often as need be, `open`, `keep`. FormatInvalid in any other."""

    hands: Hands
    identity: Path
    into: Path
    stack: ExitStack
    _staged: Staged | None = None
    _files: Path | None = None
    _opened: InHand | None = None

    def take(self, about: bytes) -> None:
        if self._staged is not None:
            raise _out_of_turn()
        self._staged = Staged.parse(about)
        self._files = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="handoff-")))

    def add(self, which: int, data: bytes) -> None:
        if self._staged is None or self._files is None or self._opened is not None:
            raise _out_of_turn()
        names = names_of(self._staged.transfer)
        if which >= len(names):
            raise _out_of_turn()
        with (self._files / names[which]).open("ab") as file:
            file.write(data)

    def open(self) -> None:
        if self._staged is None or self._files is None or self._opened is not None:
            raise _out_of_turn()
        self._opened = self.stack.enter_context(self.hands.parcel(self._staged, self._files, self.identity, self.into))

    def keep(self) -> str:
        if self._opened is None:
            raise _out_of_turn()
        return self._opened.keep()


def _out_of_turn() -> FormatInvalid:
    return FormatInvalid("prepare handed a parcel out in no order that is agreed", remedy="report it")
