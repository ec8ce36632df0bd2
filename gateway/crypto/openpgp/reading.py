"""What is inside a message of ours: the announcement of a signature, the data, the signature; and nothing else.

reader = SignedMessage(pieces)          # of `decrypting`
for piece in reader.data(): ...         # whoever reads hashes it: that is what is signed
signature = reader.finish()             # by whom and of what is not known yet (`verifying`)
"""

from collections.abc import Iterable, Iterator

from gateway.crypto.openpgp.certificate import announced
from gateway.crypto.openpgp.feed import Feed
from gateway.crypto.openpgp.message import LITERAL_HEAD
from gateway.crypto.openpgp.packets import Tag
from gateway.crypto.openpgp.verifying import UnverifiedMessageSignature
from gateway.vocabulary.errors import MessageMalformed

_ISSUER_BYTES = 8


class SignedMessage:
    """Made of the pieces; then `data`, to its end; then `finish`. MessageMalformed from each."""

    def __init__(self, pieces: Iterable[bytes | memoryview]) -> None:
        self._feed = Feed(pieces, _malformed)
        body = self._feed.body(Tag.ONE_PASS_SIGNATURE)
        self._issuer = body[-1 - _ISSUER_BYTES : -1]
        if body != announced(self._issuer):
            raise _malformed()

    def data(self) -> Iterator[memoryview]:
        parts = self._feed.parts(Tag.LITERAL)
        head = b""
        for part in parts:
            missing = len(LITERAL_HEAD) - len(head)
            head += part[:missing]
            yield part[missing:]
        if head != LITERAL_HEAD:
            raise _malformed()

    def finish(self) -> UnverifiedMessageSignature:
        signature = UnverifiedMessageSignature.parse(self._feed.body(Tag.SIGNATURE))
        self._feed.expect_end()
        if signature.issuer[-_ISSUER_BYTES:] != self._issuer:
            raise _malformed()
        return signature


def _malformed() -> MessageMalformed:
    return MessageMalformed("an OpenPGP message does not hold exactly one signed file, as ours do")
