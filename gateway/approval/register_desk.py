"""Finds, beside a file of decisions or a hold to be lifted, what two people have signed, and whether it is enough.

    NAME.register            the statement
    NAME.register.sig        one signature;  NAME.register.<who>.sig  the others

What is missing makes it wait; what is wrong refuses it, and all that is wrong is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.approval.register_statement import LARGEST, About, RegisterStatement
from gateway.approval.rules import Reason
from gateway.crypto.signers import Signed, Signers
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.vocabulary.errors import ExtractInvalid, SignatureMalformed, SignerRejected
from gateway.vocabulary.namespaces import of_act

LARGEST_SIGNATURE = 32 * 1024
MOST_SIGNATURES = 8
NEEDED = 2


class Papers(Protocol):
    """A folder, as far as it is read here."""

    def names(self) -> Sequence[str]: ...

    def read_small(self, name: str, limit: int) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What must be signed for now."""

    gateway: str
    act: str
    about: About
    longest: timedelta

    @property
    def namespace(self) -> str:
        return of_act(self.act, self.gateway)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """For this many more people. `signed` are those who have."""

    signed: tuple[Signed, ...]

    @property
    def missing(self) -> int:
        return NEEDED - len(self.signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreed:
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """Two different people with two different keys have signed this statement."""

    statement: RegisterStatement
    signed: tuple[Signed, ...]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        return tuple(sorted(one.fingerprint for one in self.signed))


def statement_name(name: str) -> str:
    return f"{name}.register"


def agreement(
    folder: Papers, name: str, wanted: Wanted, signers: Signers, at: datetime
) -> Agreed | Waiting | Disagreed | None:
    """None if there is no statement, or none that fits and nobody has signed it: then a fresh one may be written.

    Raises:
        StatementInvalid: there is one that is not ours.
    """
    present = folder.names()
    if statement_name(name) not in present:
        return None
    text = folder.read_small(statement_name(name), LARGEST)
    statement = RegisterStatement.parse(text)
    signatures = [n for n in present if n.startswith(f"{statement_name(name)}.") and n.endswith(".sig")]
    signed, faults = _verified(folder, signatures, text, wanted, signers, at)
    reasons = (*faults, *_against(statement, wanted, at))
    if reasons:
        return Disagreed(reasons=reasons) if signatures else None
    people = _different(signed)
    return Agreed(statement=statement, signed=people) if len(people) >= NEEDED else Waiting(signed=people)


def _against(statement: RegisterStatement, wanted: Wanted, at: datetime) -> Iterator[Reason]:
    if statement.gateway != wanted.gateway:
        yield Reason("other-gateway", "the statement names another gateway")
    if (statement.act, statement.about) != (wanted.act, wanted.about):
        yield Reason("statement-of-another", "the statement is about something else than this: it was changed since")
    if at > statement.expires:
        yield Reason("statement-expired", "the statement has expired")
    if statement.expires - at > wanted.longest:
        yield Reason("statement-too-long", f"the statement lasts longer than {wanted.longest.days} days")


def _verified(  # noqa: PLR0917 - a file, and all that it is verified against
    folder: Papers, names: Sequence[str], text: bytes, wanted: Wanted, signers: Signers, at: datetime
) -> tuple[list[Signed], list[Reason]]:
    signed, faults = [], []
    for name in names[:MOST_SIGNATURES]:
        try:
            signature = UnverifiedSignature.parse(folder.read_small(name, LARGEST_SIGNATURE))
            signed.append(signers.verify(signature, text, wanted.namespace, at))
        except SignerRejected as error:
            faults.append(Reason(error.code, error.message))
        except SignatureMalformed as error:
            faults.append(Reason("signature-malformed", error.message))
        except ExtractInvalid as error:
            faults.append(Reason("signature-unreadable", error.message))
    if len(names) > MOST_SIGNATURES:
        faults.append(Reason("too-many-signatures", f"more than {MOST_SIGNATURES} signatures lie beside the statement"))
    return signed, faults


def _different(signed: Sequence[Signed]) -> tuple[Signed, ...]:
    """One for each person: who signs twice, with two keys even, has still said it once."""
    by_person = {one.principal: one for one in reversed(signed)}
    by_key = {one.fingerprint: one for one in by_person.values()}
    return tuple(sorted(by_key.values(), key=lambda one: one.principal))
