"""Parcels, and attempts that write down what they were asked."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.deliver.destination import Attempt
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.parcel import Parcel, SealedFile, names_of
from gateway.vocabulary.transfer import TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SIZES = (700_001, 317, 911)


class Crash(BaseException):
    """The machine stops here."""


class Nowhere:
    """Stands for the partner where nobody looks."""

    def everything(self):
        return {}


class Story:
    """An attempt that writes down what it was asked, and what the partner could see then."""

    def __init__(self, ground=None, number=1, *, earlier=(), alike=(), intent_recorded=False):
        self.ground = ground or Nowhere()
        self.events: list[str] = []
        self.seen_at_intent: dict[str, bytes] = {}
        self.refusals: dict[int, Exception] = {}
        self.at_intent: Callable[[], None] | BaseException | None = None
        self.at_never_left: BaseException | None = None
        self.attempt = Attempt(
            number=number,
            earlier=earlier,
            alike=alike,
            never_left=self._never_left,
            may_release=self._may_release,
            record_intent=self._record_intent,
            intent_recorded=intent_recorded,
        )

    def with_turn(self, in_turn):
        """The attempt, which is seen once `in_turn` says so."""
        return replace(self.attempt, in_turn=in_turn)

    def _may_release(self):
        self.events.append("may-release")
        refusal = self.refusals.get(self.events.count("may-release"))
        if refusal:
            raise refusal

    def _never_left(self):
        self.events.append("never-left")
        if self.at_never_left:
            raise self.at_never_left

    def _record_intent(self):
        self.events.append("intent")
        self.seen_at_intent = self.ground.everything()
        if isinstance(self.at_intent, BaseException):
            raise self.at_intent
        if self.at_intent:
            self.at_intent()


def sealed(folder, chance, sizes=SIZES):
    transfer = TransferId.new(AT, lambda count: bytes([chance]) * count)
    files = []
    for name, size in zip(names_of(transfer), sizes, strict=True):
        content = os.urandom(size)
        (folder / name).write_bytes(content)
        files.append(SealedFile(name=name, path=folder / name, size=size, digest=Digest.of(content)))
    return Parcel(transfer=transfer, release_by=AT + timedelta(hours=4), files=tuple(files))


def contents(parcel):
    return {file.name: file.path.read_bytes() for file in parcel.files}


def temporaries(parcel, number):
    return [f".{file.name}.{number}.part" for file in parcel.files]
