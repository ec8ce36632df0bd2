"""One attempt at one parcel in one inbox: DESIGN §7, steps 2 to 5, in their order.

    fence earlier temporaries ─▶ look at the final names ─▶ may it still be released?
      ─▶ upload all as temporaries, verified ─▶ is it in turn? may it still? ─▶ intent, durably
      ─▶ rename: ciphertext and signature, then the envelope

Crash points. (P1) before the intent: nothing is visible; the next attempt removes the
temporaries. Told to stop in the middle of a large file, an attempt leaves the same behind. (P2)
after it: the next attempt tries to take the envelope's temporary over, by giving it a name of its own. Taken over: it was never visible, sending again is safe. Gone: the rename
happened, so the final name tells, and if a partner has swept that away nobody can tell:
OutcomeUnknown, never resent. (P3) taken over, and not recorded as void: the proof is still there,
under this attempt's name, and the next one finds it; it is removed once the record is durable.
Why a yes-or-no intent is enough: an attempt uploads only after every earlier temporary was
fenced, so one that is found belongs to the attempt with the intent or a later one.

A new name fences as removing does: whoever wrote the temporary cannot rename it any more. So a
large ciphertext that an earlier attempt left is gone on with, not sent again (`resume`).

Known hole: SFTP version 3 cannot sync a folder. A server that loses power within seconds
of the rename may come back without the name; the acknowledgement, or its absence, tells.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from gateway.deliver.destination import Attempt, Delivered, Level
from gateway.deliver.sftp.conversation import Conversation, together
from gateway.deliver.sftp.inbox import Found, Inbox, temporary
from gateway.deliver.sftp.resume import WORTH, verified_prefix
from gateway.deliver.sftp.upload import stream, upload
from gateway.vocabulary.errors import (
    DeliveryError,
    GatewayError,
    HandedBack,
    NameTaken,
    OutcomeUnknown,
    PartnerRefused,
    PartnerUnreachable,
)
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.parcel import Parcel, SealedFile

READ_BACK_UP_TO = 1 << 20
"""Bytes: envelope and signature always, ciphertext where it is small or the partner wants it."""
_WEAKEST_FIRST: Final[tuple[Level, ...]] = ("size", "server-hash", "read-back")


@dataclass(slots=True, kw_only=True)
class Putting:
    """The parcel's way into the inbox; used once."""

    inbox: Inbox
    parcel: Parcel
    attempt: Attempt
    read_back_all: bool
    negotiated: Facts
    level: Level = field(default="read-back", init=False)
    adopted: bool = field(default=False, init=False)
    """What an earlier attempt left of the ciphertext has our name now."""
    proof: bool = field(default=False, init=False)
    """So has an earlier attempt's envelope: it never left."""

    def run(self) -> Conversation[Delivered]:
        if any(map(self._is_large, self.parcel.files)):
            self.inbox.session.open_beside()
        yield from self._fence()
        found = dict(zip(self.parcel.files, (yield from together(map(self._look, self.parcel.files))), strict=True))
        if self._is_there(found):
            yield from self._drop_proof()
            yield from self._drop_adopted()
            return self._delivered(already_there=True)
        if self.attempt.intent_recorded:
            if not self.proof:
                yield from self._drop_adopted()
                raise OutcomeUnknown(
                    "an earlier try may have delivered the parcel; its files are not there any more",
                    remedy="ask the partner whether it arrived, then 'gateway resolve'",
                )
            self.attempt.never_left()  # (P3)
            yield from self._drop_proof()
        missing = tuple(file for file in self.parcel.files if found[file] is Found.NOTHING)
        yield from self._stage(missing)
        self.attempt.record_intent()  # (P1) above, (P2) below
        # from here on nothing of ours is removed: a temporary that is still there is the proof that it never left
        free = yield from together(map(self._is_free, missing))
        yield from together(map(self._publish, missing[:-1], free))
        already = yield from self._publish(missing[-1], free[-1])
        return self._delivered(already_there=already)

    def _fence(self) -> Conversation[None]:
        """Nobody before us can release any more. The envelopes go first: they release."""
        *others, envelope = self.parcel.files
        earlier = self.attempt.earlier
        if self.attempt.intent_recorded:
            yield from self._keep_proof(envelope)
        yield from self.inbox.remove([temporary(envelope, number) for number in earlier])
        yield from self._adopt()
        yield from self.inbox.remove([temporary(file, number) for file in others for number in earlier])

    def _keep_proof(self, envelope: SealedFile) -> Conversation[None]:
        """An envelope of an earlier attempt that is still a temporary gets our name."""
        for number in reversed(self.attempt.earlier):
            self.proof = yield from self.inbox.take_over(temporary(envelope, number), self._temporary(envelope))
            if self.proof:
                return

    def _adopt(self) -> Conversation[None]:
        """The newest of what attempts with this content left of a large ciphertext gets our name."""
        large = self.parcel.files[0]
        if large.size < 2 * WORTH:
            return
        for number in reversed(self.attempt.alike):
            self.adopted = yield from self.inbox.rename(temporary(large, number), self._temporary(large))
            if self.adopted:
                return

    def _drop_proof(self) -> Conversation[None]:
        if self.proof:
            yield from self.inbox.remove([self._temporary(self.parcel.files[-1])])

    def _drop_adopted(self) -> Conversation[None]:
        if self.adopted:
            yield from self.inbox.remove([self._temporary(self.parcel.files[0])])

    def _look(self, file: SealedFile) -> Conversation[Found]:
        found = yield from self.inbox.compare(file)
        if found is Found.SAME_SIZE and self.attempt.intent_recorded:
            self._reached("size")  # ours in all likelihood, and unreadable: say no more than is known
            return Found.SAME
        if found in (Found.OTHER, Found.SAME_SIZE):
            yield from self._drop_adopted()
            raise _taken()
        return found

    def _is_there(self, found: dict[SealedFile, Found]) -> bool:
        """The envelope is renamed last: where it is, the others were. What a partner took away was not compared."""
        there = found[self.parcel.files[-1]] is Found.SAME
        if there and Found.NOTHING in found.values():
            self._reached("size")
        return there

    def _stage(self, files: tuple[SealedFile, ...]) -> Conversation[None]:
        """Everything there, verified, under names that nobody takes for a parcel; or nothing."""
        try:
            self.attempt.may_release()
            yield from together(map(self._upload, files))
            while not self.attempt.in_turn():
                yield ()  # the others go on meanwhile, and the one before it is among them
            self.attempt.may_release()
        except (PartnerUnreachable, HandedBack):
            raise  # nothing can be removed now, or nothing should: the next attempt does it, or goes on with it
        except GatewayError:
            yield from self._clean(files)
            raise

    def _is_large(self, file: SealedFile) -> bool:
        return file.size > self.inbox.session.limits.write

    def _upload(self, file: SealedFile) -> Conversation[None]:
        """What one request holds shares every round trip with the others; the others are streamed meanwhile."""
        if self._is_large(file):
            known = yield from self._stream(file)
        else:
            known = yield from upload(self.inbox.session, self.inbox.path(self._temporary(file)), file)
        if not known:
            yield from self._verify(file)

    def _stream(self, file: SealedFile) -> Conversation[bool]:
        name, start = self._temporary(file), 0
        if self.adopted and file is self.parcel.files[0]:
            start = yield from verified_prefix(self.inbox, name, file)
            if not start:
                yield from self.inbox.remove([name])
        yield from stream(self.inbox.session, self.inbox.path(name), file, start=start, go_on=self.attempt.go_on)
        return False

    def _verify(self, file: SealedFile) -> Conversation[None]:
        """The size is known by now; the content by reading it back, or by the server's own hash."""
        if file.size <= READ_BACK_UP_TO or self.read_back_all:
            yield from self._read_back(file)
            return
        hashed = yield from self.inbox.server_hash(self._temporary(file), file.size)
        if hashed is not None and hashed != file.digest:
            raise _other_content()
        self._reached("server-hash" if hashed else "size")

    def _read_back(self, file: SealedFile) -> Conversation[None]:
        content = yield from self.inbox.read_back(self._temporary(file), file.size)
        if content is None and self.read_back_all:
            raise PartnerRefused(
                "the partner's server does not let us read back what we wrote",
                remedy="ask the partner to allow it, or accept deliveries that are verified by size",
            )
        if content is None:
            self._reached("size")
        elif (content.size, content.digest) != (file.size, file.digest):
            raise _other_content()

    def _is_free(self, file: SealedFile) -> Conversation[bool]:
        """Asked because some servers' plain rename overwrites; the rename itself is the fence where it does not."""
        return (yield from self.inbox.attributes(file.name)) is None

    def _publish(self, file: SealedFile, free: bool) -> Conversation[bool]:
        """Give the file its final name; True if another attempt already had, with the same content."""
        name, staged = file.name, self._temporary(file)
        if free and (yield from self.inbox.rename(staged, name)):
            return False
        found = yield from self.inbox.compare(file)
        if found is Found.NOTHING:
            raise PartnerRefused(
                "the partner's server does not let us rename a file in the inbox",
                remedy="ask the partner to allow our user to rename, then 'gateway retry'",
            )
        if found is not Found.SAME:
            raise _taken()
        yield from self.inbox.remove([staged])
        return True

    def _clean(self, files: tuple[SealedFile, ...]) -> Conversation[None]:
        """Best effort, before the intent only: what stays is removed by the next attempt."""
        with suppress(DeliveryError):
            yield from self.inbox.remove([self._temporary(file) for file in files])

    def _temporary(self, file: SealedFile) -> str:
        return temporary(file, self.attempt.number)

    def _reached(self, level: Level) -> None:
        """What is said of a parcel is the weakest that is known of any of its files."""
        self.level = min(self.level, level, key=_WEAKEST_FIRST.index)

    def _delivered(self, *, already_there: bool) -> Delivered:
        return Delivered(verified_by=self.level, already_there=already_there, transport=self.negotiated)


def _other_content() -> PartnerRefused:
    return PartnerRefused("the partner's server holds something else than what was sent")


def _taken() -> NameTaken:
    return NameTaken(
        "something else lies under one of the parcel's names at the partner",
        remedy="ask the partner what it is: nobody else should know these names",
    )
