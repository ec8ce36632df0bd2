"""What a person types, as it comes to the desk: a verb's words, and which of the person's streams are terminals.

Nothing that identifies a child is in it: that is asked for, and read from standard input. Paths
among the words are never opened here: the files behind them stay with whoever typed.
"""

from dataclasses import dataclass

from gateway.service.desk.frames import Frame
from gateway.vocabulary.errors import FormatInvalid

TYPE = "handoff-desk/v1"
MOST_WORDS, LONGEST_WORD = 64, 4096
STREAMS = frozenset({"in", "out"})
HELP = "--help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    words: tuple[str, ...]
    terminals: frozenset[str]

    def __post_init__(self) -> None:
        """FormatInvalid; a caller that is ours answers --help itself."""
        fits = (
            0 < len(self.words) <= MOST_WORDS
            and all(len(word) <= LONGEST_WORD and "\0" not in word and word != HELP for word in self.words)
            and self.terminals <= STREAMS
        )
        if not fits:
            raise FormatInvalid("what the desk was asked for is not a request")

    @classmethod
    def parse(cls, frame: Frame) -> "Request":
        if set(frame.members) != {"type", "words", "terminals"} or frame.data or frame.text("type") != TYPE:
            raise FormatInvalid("what the desk was asked for is not a request", remedy="both ends must be one version")
        return cls(words=frame.texts("words"), terminals=frozenset(frame.texts("terminals")))

    def members(self) -> dict[str, str | tuple[str, ...]]:
        return {"type": TYPE, "words": self.words, "terminals": tuple(sorted(self.terminals))}
