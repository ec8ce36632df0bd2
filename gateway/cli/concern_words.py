"""What needs a person, as lines and as JSON: the same for `status` and `todo`."""

from collections.abc import Iterable, Iterator
from typing import Any

from gateway.story.concerns import Concern
from gateway.story.notes import when
from gateway.vocabulary import moment


def said(concerns: Iterable[Concern]) -> Iterator[str]:
    for one in concerns:
        words = one.sentence.replace(":", " ").split()
        about = " ".join(word for word in (one.route, one.transfer) if word and word not in words)
        yield f"{one.level.upper()}  {one.sentence}" + (f" ({about})" if about else "")
        yield f"         since {when(one.since)}"
        yield f"         type: {one.to_do}"


def plain(one: Concern) -> dict[str, Any]:
    return {
        "level": str(one.level), "kind": one.kind, "route": one.route, "transfer": one.transfer,
        "sentence": one.sentence, "to_do": one.to_do, "since": moment.spell(one.since),
    }  # fmt: skip
