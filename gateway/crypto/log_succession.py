"""One log key hands over to the next: a note that both have signed, at a size and a root of the log.

    council.example/handoff                        the log, as its checkpoints name it
    succeeded by council.example/handoff+1a2b…+…   the next key, whole
    20852163                                       the size at which it takes over
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=   and the root there

    — council.example/handoff …                    signed by the old key
    — council.example/handoff …                    and by the new one, which shows that somebody holds it

Whoever has the old key verifies the note and knows the new one; checkpoints up to that size
verify with the old, later ones with the new. Keys that follow each other in a chain are taken
in order. Nothing is judged here of who may ask for it: see `keys` for that.
"""

from dataclasses import dataclass

from gateway.crypto.checkpoint import Checkpoint, log_key
from gateway.crypto.note import Ed25519Signer, Vkey, open_note, sign
from gateway.vocabulary.errors import FormatInvalid, NoteMalformed, SignatureInvalid

_BY = "succeeded by "


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """The next key of a log, and the last checkpoint that the old one has signed."""

    following: Vkey
    at: Checkpoint

    def text(self) -> str:
        origin, size, root = self.at.text().splitlines()
        return f"{origin}\n{_BY}{self.following.spelled}\n{size}\n{root}\n"

    @classmethod
    def parse(cls, text: str) -> "Succession":
        """NoteMalformed unless it is spelled exactly so."""
        origin, *rest = text.split("\n")
        if len(rest) != 4 or not rest[0].startswith(_BY):
            raise NoteMalformed("a succession is not a log's name, its next key, a size and a root, a line each")
        succession = cls(
            following=Vkey.parse(rest[0].removeprefix(_BY)), at=Checkpoint.parse("\n".join([origin, *rest[1:]]))
        )
        if succession.text() != text or succession.following.name != origin:
            raise NoteMalformed("a succession names a key of another log, or is spelled in a second way")
        return succession


def hand_over(at: Checkpoint, old: Ed25519Signer, new: Ed25519Signer) -> str:
    """The note; NoteMalformed if the two keys are one."""
    if old.public_raw == new.public_raw:
        raise NoteMalformed("a log's key cannot follow itself")
    text = Succession(following=log_key(at.origin, new.public_raw), at=at).text()
    return sign(text, at.origin, old) + sign(text, at.origin, new).rpartition("\n\n")[2]


def verify_succession(note: bytes, old: Vkey) -> Succession:
    """Who follows `old`.

    Raises:
        NoteMalformed: it is no such note.
        SignatureInvalid: the old key, or the key that it names, has not signed it.
    """
    succession = Succession.parse(open_note(note, [old]).text)
    if succession.at.origin != old.name:
        raise SignatureInvalid("a succession is of another log than the key that signed it")
    open_note(note, [succession.following])
    return succession


def keys_of(first: Vkey, notes: list[bytes]) -> list[tuple[Vkey, int | None]]:
    """Each key of the log in turn, with the size up to which it signed; None for the one in use.

    Raises:
        SignatureInvalid: a note is not signed by the key before it, or takes the log back.
    """
    keys: list[tuple[Vkey, int | None]] = []
    key, size = first, 0
    for note in notes:
        try:
            succession = verify_succession(note, key)
        except FormatInvalid as error:
            raise SignatureInvalid(f"a succession of the log's keys does not hold: {error.message}") from error
        if succession.at.size < size or any(succession.following == known for known, _ in [*keys, (key, None)]):
            raise SignatureInvalid("a succession takes the log, or its key, back to an earlier one")
        keys.append((key, succession.at.size))
        key, size = succession.following, succession.at.size
    return [*keys, (key, None)]
