"""One attempt at one parcel in one inbox: DESIGN §7, steps 2 to 5, in their order.

    remove earlier temporaries ─▶ look at the final names ─▶ upload all as temporaries, verified
      ─▶ may it still be released? ─▶ intent, durably ─▶ rename: ciphertext, signature, envelope

Crash points. (P1) before the intent: nothing is visible; the next attempt removes the
temporaries. (P2) after it: the next attempt tries to remove the envelope's temporary. Removed:
it was never visible, sending again is safe. Gone: the rename happened, so the final name
tells, and if a partner has swept that away nobody can tell: OutcomeUnknown, never resent.
Why a yes-or-no intent is enough: an attempt uploads only after every earlier temporary was
removed, so one that is found and removed belongs to the attempt with the intent or a later one.

Known hole: SFTP version 3 cannot sync a folder. A server that loses power within seconds
of the rename may come back without the name; the acknowledgement, or its absence, tells.
"""

from contextlib import suppress
from dataclasses import dataclass, field

from gateway.deliver.destination import Attempt, Delivered, Level
from gateway.deliver.sftp.inbox import Found, Inbox, temporary
from gateway.deliver.sftp.upload import upload
from gateway.vocabulary.errors import (
    DeliveryError,
    GatewayError,
    NameTaken,
    OutcomeUnknown,
    PartnerRefused,
    PartnerUnreachable,
)
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.parcel import Parcel, SealedFile

READ_BACK_UP_TO = 1 << 20
"""Bytes: envelope and signature always, ciphertext where it is small or the partner wants it."""


@dataclass(slots=True, kw_only=True)
class Putting:
    """The parcel's way into the inbox; used once."""

    inbox: Inbox
    parcel: Parcel
    attempt: Attempt
    read_back_all: bool
    negotiated: Facts
    level: Level = field(default="read-back", init=False)

    def run(self) -> Delivered:
        never_visible = self._remove_earlier()
        found = {file: self._look(file) for file in self.parcel.files}
        if self._is_there(found):
            return self._delivered(already_there=True)
        if self.attempt.intent_recorded and not never_visible:
            raise OutcomeUnknown(
                "an earlier try may have delivered the parcel; its files are not there any more",
                remedy="ask the partner whether it arrived, then 'gateway resolve'",
            )
        missing = tuple(file for file in self.parcel.files if found[file] is Found.NOTHING)
        self._stage(missing)
        self.attempt.record_intent()  # (P1) above, (P2) below
        # from here on nothing of ours is removed: a temporary that is still there is the proof that it never left
        already = [self._publish(file) for file in missing]
        return self._delivered(already_there=already[-1])

    def _remove_earlier(self) -> bool:
        """Whether an envelope of an earlier attempt was still a temporary."""
        envelope = self.parcel.files[-1]
        removed = [
            (file, self.inbox.remove(temporary(file, number)))
            for number in self.attempt.earlier
            for file in reversed(self.parcel.files)  # the envelope first: without it nothing can be released
        ]
        return any(gone for file, gone in removed if file is envelope)

    def _look(self, file: SealedFile) -> Found:
        found = self.inbox.compare(file)
        if found is Found.SAME_SIZE and self.attempt.intent_recorded:
            self.level = "size"  # ours in all likelihood, and unreadable: say no more than is known
            return Found.SAME
        if found in (Found.OTHER, Found.SAME_SIZE):
            raise _taken()
        return found

    def _is_there(self, found: dict[SealedFile, Found]) -> bool:
        """The envelope is renamed last: where it is, the others were. What a partner took away was not compared."""
        there = found[self.parcel.files[-1]] is Found.SAME
        if there and Found.NOTHING in found.values():
            self.level = "size"
        return there

    def _stage(self, files: tuple[SealedFile, ...]) -> None:
        """Everything there, verified, under names that nobody takes for a parcel; or nothing."""
        try:
            for file in files:
                upload(self.inbox.session, self.inbox.path(self._temporary(file)), file)
                self._verify(file)
            self.attempt.may_release()
        except PartnerUnreachable:
            raise  # nothing can be removed now: the next attempt does it
        except GatewayError:
            self._clean(files)
            raise

    def _verify(self, file: SealedFile) -> None:
        """The size is known by now; the content by reading it back, where that is permitted."""
        if file.size > READ_BACK_UP_TO and not self.read_back_all:
            self.level = "size"
            return
        content = self.inbox.read_back(self._temporary(file), file.size)
        if content is None and self.read_back_all:
            raise PartnerRefused(
                "the partner's server does not let us read back what we wrote",
                remedy="ask the partner to allow it, or accept deliveries that are verified by size",
            )
        if content is None:
            self.level = "size"
        elif (content.size, content.digest) != (file.size, file.digest):
            raise PartnerRefused("the partner's server holds something else than what was sent")

    def _publish(self, file: SealedFile) -> bool:
        """Give the file its final name; True if another attempt already had, with the same content."""
        name, staged = file.name, self._temporary(file)
        # asked first because some servers' plain rename overwrites; the rename itself is the fence where it does not
        if self.inbox.attributes(name) is None and self.inbox.rename(staged, name):
            return False
        found = self.inbox.compare(file)
        if found is Found.NOTHING:
            raise PartnerRefused(
                "the partner's server does not let us rename a file in the inbox",
                remedy="ask the partner to allow our user to rename, then 'gateway retry'",
            )
        if found is not Found.SAME:
            raise _taken()
        self.inbox.remove(staged)
        return True

    def _clean(self, files: tuple[SealedFile, ...]) -> None:
        """Best effort, before the intent only: what stays is removed by the next attempt."""
        with suppress(DeliveryError):
            for file in files:
                self.inbox.remove(self._temporary(file))

    def _temporary(self, file: SealedFile) -> str:
        return temporary(file, self.attempt.number)

    def _delivered(self, *, already_there: bool) -> Delivered:
        return Delivered(verified_by=self.level, already_there=already_there, transport=self.negotiated)


def _taken() -> NameTaken:
    return NameTaken(
        "something else lies under one of the parcel's names at the partner",
        remedy="ask the partner what it is: nobody else should know these names",
    )
