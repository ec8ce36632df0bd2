"""The partner as a witness of the sender's log: it cosigns what extends all that it has cosigned before.

    nothing cosigned yet                      the first checkpoint is taken on trust
    the proof begins where we stand           verified, then cosigned
    it begins somewhere else                  an earlier answer of ours has not arrived there yet: we
                                              repeat what we vouch for, and the next parcel starts from it
    the proof fails, or the log is another's  LogBroken: the past was rewritten, or a backup restored
    the key is one that we know nothing of    LogBroken: nothing is cosigned until we are given the note by
                                              which the key that we know handed over to it

Data is taken over all the same: it was the council that signed it, and children wait for it.
But a log that contradicts itself is never cosigned, and the person at this end is told.
"""

from collections.abc import Callable

from gateway.crypto.checkpoint import Checkpoint
from gateway.crypto.log_succession import LogKeys
from gateway.crypto.merkle import EMPTY_ROOT, verify_consistency
from gateway.seal.envelope import Witness
from gateway.vocabulary.errors import LogBroken, NoteMalformed, SignatureInvalid

_REMEDY = (
    "keep this parcel and this folder, and ask the sender by telephone what happened to its log;"
    " if its key was rotated, put the sender's successions.jsonl into keys"
)


def vouch(shown: Witness, cosigned: str | None, log: LogKeys, cosign: Callable[[str], str]) -> str:
    """The newest checkpoint that we vouch for: what is shown, cosigned, if it extends `cosigned`; else that.

    Raises:
        LogBroken: what is shown is not this log's, or does not extend what we have cosigned.
    """
    now = _opened(shown.note, log)
    if cosigned is None:
        return cosign(shown.note)
    before = _opened(cosigned, log)
    if now == before or shown.since != before.size:
        return cosigned
    _verify_extends(before, now, shown.proof)
    return cosign(shown.note)


def _opened(note: str, log: LogKeys) -> Checkpoint:
    try:
        return log.open(note.encode())[0]
    except (NoteMalformed, SignatureInvalid) as error:
        raise LogBroken(f"a checkpoint is not of the sender's log: {error.message}", remedy=_REMEDY) from error


def _verify_extends(before: Checkpoint, now: Checkpoint, proof: tuple[bytes, ...]) -> None:
    if before.size == 0 and before.root == EMPTY_ROOT and not proof:
        return  # every log begins with the empty one
    try:
        verify_consistency(before.size, now.size, proof, before.root, now.root)
    except LogBroken as error:
        raise LogBroken(f"the sender's log was rewritten: {error.message}", remedy=_REMEDY) from error
