"""Two people sign before consent is added or a hold is lifted: the statement, their keys, the lines to type."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from gateway.approval.register_desk import Agreed, Disagreed, Waiting, Wanted, agreement, statement_name
from gateway.approval.register_statement import LARGEST
from gateway.cli.hands import Papers
from gateway.cli.opening import Opened
from gateway.cli.own_hands import hands_of
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.story.register.agreeing import Signing, fresh_statement, register_signers
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import InputError, NeedsPerson, Refused, SignerRejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where the statement about one thing lies. `key` is whose who types, if they sign at once."""

    side: Opened
    folder: Papers
    name: str
    key: Path | None
    yes: bool

    def agreed(self, wanted: Wanted) -> Agreed | None:
        """If two people have signed already. What is wrong beside it is told only where signatures are needed."""
        try:
            found = self._found(wanted)
        except InputError:
            return None
        return found if isinstance(found, Agreed) else None

    def agree(self, wanted: Wanted) -> Agreed:
        """Write the statement if there is none, sign it if a key was given.

        Raises:
            NeedsPerson: somebody else must sign; the lines to type have been said.
            Refused: what lies beside it does not count.
        """
        found = self._found(wanted)
        if found is None:
            self.folder.write(statement_name(self.name), fresh_statement(self.side.gateway, wanted).encode())
        if self.key and not isinstance(found, (Agreed, Disagreed)):
            self._sign(self.key, wanted)
        found = self._found(wanted)
        if isinstance(found, Agreed):
            return found
        if isinstance(found, Disagreed):
            sentences = "; ".join(reason.sentence for reason in found.reasons)
            raise Refused(sentences, remedy="delete the .register file and its .sig files, and type the command again")
        missing = found.missing if isinstance(found, Waiting) else 2
        self._say_how(wanted, missing)
        raise NeedsPerson(
            "nothing has taken effect: another person must sign" if missing == 1 else "two different people must sign",
            remedy="the lines to type are above; then type this command again",
        )

    def _found(self, wanted: Wanted) -> Agreed | Waiting | Disagreed | None:
        if statement_name(self.name) not in self.folder.names():
            return None
        gateway = self.side.gateway
        return agreement(self.folder, self.name, wanted, register_signers(gateway.workspace), gateway.clock())

    def _sign(self, key: Path, wanted: Wanted) -> None:
        text = self.folder.read_small(statement_name(self.name), LARGEST)
        data = hands_of(self.side.session).agree(key, text, wanted.namespace, yes=self.yes).encode("ascii")
        signature, gateway = UnverifiedSignature.parse(data), self.side.gateway
        try:
            register_signers(gateway.workspace).verify(signature, text, wanted.namespace, gateway.clock())
        except SignerRejected as error:  # left there, it would spoil what others have signed
            raise Refused(f"nothing was signed: {error.message}", remedy=error.remedy) from error
        who = str(Digest.of(signature.public_blob))[:12]
        self.folder.write(f"{statement_name(self.name)}.{who}.sig", data)

    def _say_how(self, wanted: Wanted, missing: int) -> None:
        """Each signs a copy of their own, since ssh-keygen would write over the other's signature."""
        voice, statement = self.side.voice, statement_name(self.name)
        voice.say(f"Read {statement}: it says what would take effect. Whoever agrees types, beside it:")
        for who in ("first", "second")[-missing:]:
            copy = shlex.quote(f"{statement}.{who}")
            sign = f"ssh-keygen -Y sign -n {wanted.namespace} -f KEY {copy}"
            voice.say(f"  cp {shlex.quote(statement)} {copy} && {sign}")


def signs(side: Opened, key: Path | None) -> Signing | None:
    """The person's own key, unlocked when it is used."""
    if key is None:
        return None
    return lambda message, namespace: hands_of(side.session).sign(key, message, namespace)
