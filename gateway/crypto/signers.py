"""Who may sign in one role: their keys, for which acts, until when; and whether a signature is theirs.

A role's people stand in one OpenSSH allowed-signers file (`allowed_signers`). A signature is
judged in the order in which a person would want to hear it:

    1. the key is known and not revoked       who is this?
    2. the signature is sound                 did they sign this text?
    3. it was made for the act asked for      as what did they sign it?
    4. they may do this act                   is it theirs to do?
    5. now                                    not before, not after
    6. a security key was touched             not by a program behind their back
    7. and unlocked with its PIN              where the role asks for that

Each refusal has a sentence and a slug of its own. Two people never share a key, within a
file or across the files that are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.crypto.allowed_signers import Signer, parse_line
from gateway.crypto.sshsig import UnverifiedSignature, VerifiedSignature
from gateway.vocabulary import moment
from gateway.vocabulary.errors import SignatureInvalid, SignerRejected, SignersInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Somebody who was allowed to, signed this."""

    principal: str
    fingerprint: str
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signers:
    """The people of one role. `revoked` holds fingerprints that count no longer, wherever they stand."""

    source: str
    people: tuple[Signer, ...]
    revoked: frozenset[str] = frozenset()
    pin: bool = False
    """Only a security key counts in this role, unlocked with its PIN at every signature."""

    @classmethod
    def parse(cls, text: str, *, source: str, revoked: frozenset[str] = frozenset(), pin: bool = False) -> "Signers":
        """SignersInvalid names the source, the line and the remedy. An empty file is a role that nobody has."""
        people: list[Signer] = []
        # not splitlines(), which also breaks lines where neither OpenSSH nor an editor does
        for number, raw in enumerate(text.split("\n"), start=1):
            line = raw.removesuffix("\r").strip(" \t")
            if line and not line.startswith("#"):
                people.append(parse_line(line, f"{source}, line {number}"))
        signers = cls(source=source, people=tuple(people), revoked=revoked, pin=pin)
        signers.refuse_shared()
        return signers

    def living(self) -> tuple[Signer, ...]:
        """Those whose key has not been revoked."""
        return tuple(person for person in self.people if person.key.fingerprint not in self.revoked)

    def knows(self, signature: UnverifiedSignature) -> bool:
        """Whether it claims to be by the key of somebody here. Nothing is verified."""
        return any(person.key.blob == signature.public_blob for person in self.living())

    def refuse_shared(self, *others: "Signers") -> None:
        """SignersInvalid if two people have one key, here or across the files that are given."""
        owners: dict[bytes, Signer] = {}
        for person in (person for signers in (self, *others) for person in signers.people):
            owner = owners.setdefault(person.key.blob, person)
            if owner.principal != person.principal:
                raise SignersInvalid(
                    f"{person.where}: {person.principal} has the key of {owner.principal} ({owner.where})",
                    remedy="each person needs a key of their own",
                )

    def verify(self, signature: UnverifiedSignature, message: bytes, namespace: str, at: datetime) -> Signed:
        """Whose signature it is, if it counts for `namespace` at `at`.

        Raises:
            SignerRejected: it does not count; `code` is `revoked-key`, `unknown-key`, `signature-mismatch`,
                `wrong-namespace`, `not-for-this-route`, `signer-not-yet-valid`, `signer-expired`, `not-touched`, `not-a-security-key` or `no-pin`.
        """
        lines = self._lines_of(signature)
        verified = _sound(signature, message, lines[0].principal)
        if verified.namespace != namespace:
            raise SignerRejected(
                "wrong-namespace",
                f"{lines[0].principal} signed this for {self._told(verified.namespace)}, not for {namespace}",
                remedy=f"sign again with -n {namespace}",
            )
        signer = _in_force(_allowed(lines, namespace), namespace, at)
        _check_touch(verified, signer)
        if self.pin:
            _check_pin(verified, signer)
        return Signed(principal=signer.principal, fingerprint=verified.fingerprint, namespace=namespace)

    def _lines_of(self, signature: UnverifiedSignature) -> list[Signer]:
        lines = [person for person in self.people if person.key.blob == signature.public_blob]
        if signature.fingerprint in self.revoked:
            raise SignerRejected(
                "revoked-key",
                f"a signature was made with a key that has been revoked: {signature.fingerprint}",
                remedy="sign with a new key, and ask why the old one was still in use",
            )
        if not lines:
            raise SignerRejected(
                "unknown-key",
                f"a signature was made with a key that does not stand in {self.source}: {signature.fingerprint}",
                remedy=f"sign with a key that stands there, or have this one added to {self.source}",
            )
        return lines

    def _told(self, namespace: str) -> str:
        """Only a namespace that we know ourselves is repeated: a signature can say anything."""
        known = any(namespace in person.namespaces for person in self.people)
        return namespace if known else "another act or another route"


def _sound(signature: UnverifiedSignature, message: bytes, principal: str) -> VerifiedSignature:
    """In the namespace that it claims: whether that is the one asked for comes after."""
    try:
        return signature.verify(message, signature.namespace)
    except SignatureInvalid as error:
        raise SignerRejected(
            "signature-mismatch",
            f"a signature with {principal}'s key was made over another text than this, or was damaged",
            remedy="read the text as it is now, then sign it again",
        ) from error


def _allowed(lines: Sequence[Signer], namespace: str) -> list[Signer]:
    allowed = [person for person in lines if namespace in person.namespaces]
    if not allowed:
        raise SignerRejected(
            "not-for-this-route",
            f"{lines[0].principal} may not sign for {namespace}",
            remedy="somebody who may must sign, or the signers file must be changed by who answers for it",
        )
    return allowed


def _in_force(lines: Sequence[Signer], namespace: str, at: datetime) -> Signer:
    """The first line that is valid at `at`, or why none is."""
    begun = [person for person in lines if person.valid_after is None or person.valid_after <= at]
    for person in begun:
        if person.valid_before is None or at < person.valid_before:
            return person
    ends = [person.valid_before for person in begun if person.valid_before]
    begins = [person.valid_after for person in lines if person.valid_after and person.valid_after > at]
    if begins:
        raise SignerRejected(
            "signer-not-yet-valid",
            f"{lines[0].principal} may not sign for {namespace} before {moment.spell(min(begins))}",
            remedy="sign again then, or let somebody else sign",
        )
    raise SignerRejected(
        "signer-expired",
        f"{lines[0].principal} may no longer sign for {namespace} since {moment.spell(max(ends))}",
        remedy="let somebody else sign, or have the right renewed",
    )


def _check_touch(verified: VerifiedSignature, signer: Signer) -> None:
    if verified.authenticator is not None and not verified.authenticator.touched:
        raise SignerRejected(
            "not-touched",
            f"{signer.principal}'s security key signed without being touched",
            remedy="make a key that asks for the touch, and sign again",
        )


def _check_pin(verified: VerifiedSignature, signer: Signer) -> None:
    if verified.authenticator is None:
        raise SignerRejected(
            "not-a-security-key",
            f"{signer.principal} signed with a key in a file, and this role needs a security key",
            remedy="make one with ssh-keygen -t ed25519-sk -O verify-required, and have it listed",
        )
    if not verified.authenticator.user_verified:
        raise SignerRejected(
            "no-pin",
            f"{signer.principal}'s security key signed without its PIN",
            remedy="make a key that asks for it: ssh-keygen -t ed25519-sk -O verify-required",
        )
