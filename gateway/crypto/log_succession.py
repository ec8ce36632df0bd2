"""One log key hands over to the next: a note that both have signed, at a size and a root of the log.

    council.example/handoff                        the log, as its checkpoints name it
    council.example/handoff+9f0e…+…                the key until then, whole
    succeeded by council.example/handoff+1a2b…+…   the next key, whole
    20852163                                       the size up to which the old one signed
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=   and the root there

    — council.example/handoff …                    signed by the old key
    — council.example/handoff …                    and by the new one, which shows that somebody holds it

The note names both keys, so whoever trusts either of them learns the other. Notes make a chain;
checkpoints up to each size verify with the key of that time, later ones with the next alone.
A checkpoint that a retired key signed after its end is signed by nobody. Nothing is judged here of
who may ask for it: see `receipts.succession` for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gateway.crypto.checkpoint import Checkpoint, Cosignature, log_key, open_checkpoint
from gateway.crypto.note import Ed25519Signer, Vkey, open_note, sign, unverified_text
from gateway.vocabulary.errors import FormatInvalid, NoteMalformed, SignatureInvalid

_BY = "succeeded by "


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """The key that a log had, the next one, and the last checkpoint that the old one has signed."""

    before: Vkey
    following: Vkey
    at: Checkpoint

    def text(self) -> str:
        origin, size, root = self.at.text().splitlines()
        return f"{origin}\n{self.before.spelled}\n{_BY}{self.following.spelled}\n{size}\n{root}\n"

    @classmethod
    def parse(cls, text: str) -> "Succession":
        """NoteMalformed unless it is spelled exactly so."""
        origin, *rest = text.split("\n")
        if len(rest) != 5 or not rest[1].startswith(_BY):
            raise NoteMalformed("a succession is not a log's name, two keys, a size and a root, a line each")
        succession = cls(
            before=Vkey.parse(rest[0]),
            following=Vkey.parse(rest[1].removeprefix(_BY)),
            at=Checkpoint.parse("\n".join([origin, *rest[2:]])),
        )
        if succession.text() != text or {succession.before.name, succession.following.name} != {origin}:
            raise NoteMalformed("a succession names a key of another log, or is spelled in a second way")
        return succession


def hand_over(at: Checkpoint, old: Ed25519Signer, new: Ed25519Signer) -> str:
    """The note; NoteMalformed if the two keys are one."""
    if old.public_raw == new.public_raw:
        raise NoteMalformed("a log's key cannot follow itself")
    keys = [log_key(at.origin, signer.public_raw) for signer in (old, new)]
    text = Succession(before=keys[0], following=keys[1], at=at).text()
    return sign(text, at.origin, old) + sign(text, at.origin, new).rpartition("\n\n")[2]


def verify_succession(note: bytes) -> Succession:
    """What both keys have signed; that either is trusted is for the caller to know.

    Raises:
        NoteMalformed: it is no such note.
        SignatureInvalid: one of the two keys that it names has not signed it.
    """
    succession = Succession.parse(unverified_text(note))
    for key in (succession.before, succession.following):
        open_note(note, [key])
    return succession


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The keys of one log in their order, each with the size up to which it signed; None for the one in force."""

    keys: tuple[tuple[Vkey, int | None], ...]

    @classmethod
    def of(cls, trusted: Vkey, notes: Sequence[bytes] = ()) -> "LogKeys":
        """The chain of these notes, oldest first; without any, the trusted key alone.

        Raises:
            SignatureInvalid: a note is not one, two do not follow each other, the log or a key goes back to an
                earlier one, or the trusted key is none of them.
        """
        chain = [_verified(note) for note in notes]
        if not chain:
            return cls(((trusted, None),))
        for one, next_one in pairwise(chain):
            if one.following != next_one.before or one.at.size >= next_one.at.size:
                raise SignatureInvalid("the successions of a log's keys do not follow each other")
        ordered = (*((one.before, one.at.size) for one in chain), (chain[-1].following, None))
        named = [key for key, _ in ordered]
        if trusted not in named or len(set(named)) != len(named):
            raise SignatureInvalid(f"the successions of a log's keys do not lead to {trusted.fingerprint}, or twice")
        return cls(ordered)

    @property
    def in_force(self) -> Vkey:
        return self.keys[-1][0]

    @property
    def ends(self) -> tuple[int, ...]:
        """The sizes at which a key ended."""
        return tuple(until for _, until in self.keys if until is not None)

    def at(self, size: int) -> Vkey:
        """The one key whose signature counts on a checkpoint of this size."""
        return next(key for key, until in self.keys if until is None or size <= until)

    def open(self, note: bytes, witnesses: Sequence[Vkey] = ()) -> tuple[Checkpoint, tuple[Cosignature, ...]]:
        """A checkpoint that the key of its time has signed; raises as `open_checkpoint`."""
        claimed = Checkpoint.parse(unverified_text(note))
        return open_checkpoint(note, self.at(claimed.size), witnesses)


def _verified(note: bytes) -> Succession:
    try:
        return verify_succession(note)
    except FormatInvalid as error:
        raise SignatureInvalid(f"a succession of the log's keys does not hold: {error.message}") from error
