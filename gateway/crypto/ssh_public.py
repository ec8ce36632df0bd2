"""Public keys as OpenSSH spells them: Ed25519, ECDSA, RSA, and the two kinds of security key.

One key has one spelling, so that fingerprints can be compared: types that are not listed,
certificates, compressed points, padded numbers and trailing bytes are refused. Whether a
point lies on its curve shows when a signature is verified. References: RFC 4253 §6.6,
RFC 5656 §3.1, RFC 8709 §4, OpenSSH PROTOCOL.u2f.
"""

import base64
import hashlib
from dataclasses import dataclass

from gateway.crypto.ssh_wire import Reader
from gateway.vocabulary.errors import FormatInvalid, KeyUnavailable

SMALLEST_RSA, LARGEST_RSA = 3072, 16384
_ED25519, _RSA, _ECDSA = b"ssh-ed25519", b"ssh-rsa", b"ecdsa-sha2-"
_SECURITY_KEYS = {
    b"sk-ssh-ed25519@openssh.com": _ED25519,
    b"sk-ecdsa-sha2-nistp256@openssh.com": b"ecdsa-sha2-nistp256",
}
_POINT_SIZES = {b"nistp256": 65, b"nistp384": 97, b"nistp521": 133}
_UNCOMPRESSED = b"\x04"
_WHAT = "a public key"


def fingerprint_of(blob: bytes) -> str:
    """`SHA256:` and 43 characters, as ssh-keygen -l prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key as SSH spells it on the wire.

    Raises:
        FormatInvalid: `blob` is no such key.
    """

    blob: bytes

    def __post_init__(self) -> None:
        reader = Reader(self.blob, _WHAT)
        kind = reader.string()
        _check_shape(_SECURITY_KEYS.get(kind, kind), reader)
        if kind in _SECURITY_KEYS:
            reader.string()
        reader.end()

    @classmethod
    def parse(cls, line: str) -> "PublicKey":
        """From `ssh-ed25519 AAAA… comment`; FormatInvalid if it is not that, or names one type and holds another."""
        if "\n" in line.strip():
            raise FormatInvalid("there is more than one line where one public key should stand")
        words = line.split(maxsplit=2)
        try:
            blob = base64.b64decode(words[1], validate=True)
        except (IndexError, ValueError) as error:
            raise FormatInvalid("a public key is not spelled like 'ssh-ed25519 AAAA…'") from error
        key = cls(blob)
        if key.line().split() != words[:2]:
            raise FormatInvalid("a public key says one type and holds another, or is spelled in a second way")
        return key

    @property
    def key_type(self) -> str:
        return Reader(self.blob, _WHAT).string().decode("ascii")

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.blob)

    @property
    def application(self) -> str | None:
        """Whom a security key signs for: `ssh:` and what follows, or a web site's name; None for other keys."""
        reader = Reader(self.blob, _WHAT)
        kind = reader.string()
        if kind not in _SECURITY_KEYS:
            return None
        for _ in range(1 if _SECURITY_KEYS[kind] == _ED25519 else 2):
            reader.string()
        return reader.string().decode("utf-8", "replace")

    def line(self, comment: str = "") -> str:
        """As in a .pub file; FormatInvalid for a comment that would begin a second line."""
        if not comment.isprintable():
            raise FormatInvalid("a key's comment holds a character that cannot be printed")
        return f"{self.key_type} {base64.b64encode(self.blob).decode('ascii')} {comment}".rstrip()

    def raw_ed25519(self) -> bytes:
        """32 bytes; KeyUnavailable for a key of another type."""
        reader = Reader(self.blob, _WHAT)
        if reader.string() != _ED25519:
            raise KeyUnavailable(
                f"an Ed25519 key is needed here, this is {self.key_type}", remedy="make one with ssh-keygen -t ed25519"
            )
        return reader.string()

    def check_strength(self) -> None:
        """KeyUnavailable for RSA of fewer than 3072 bits, or of so many that verifying takes for ever."""
        reader = Reader(self.blob, _WHAT)
        if reader.string() != _RSA:
            return
        _exponent, modulus = reader.mpint(), reader.mpint()
        if not SMALLEST_RSA <= modulus.bit_length() <= LARGEST_RSA:
            raise KeyUnavailable(
                f"an RSA key has fewer than {SMALLEST_RSA} bits, or more than {LARGEST_RSA}",
                remedy="use an Ed25519 key: ssh-keygen -t ed25519",
            )


def _check_shape(kind: bytes, reader: Reader) -> None:
    curve = kind.removeprefix(_ECDSA)
    if kind == _ED25519:
        if len(reader.string()) != 32:
            raise FormatInvalid("an Ed25519 key is not 32 bytes long")
    elif kind == _RSA:
        reader.mpint()
        reader.mpint()
    elif kind.startswith(_ECDSA) and curve in _POINT_SIZES:
        _check_point(curve, reader)
    else:
        raise FormatInvalid("a public key is of a type that is not used here")


def _check_point(curve: bytes, reader: Reader) -> None:
    if reader.string() != curve:
        raise FormatInvalid("an ECDSA key names two curves")
    point = reader.string()
    if len(point) != _POINT_SIZES[curve] or not point.startswith(_UNCOMPRESSED):
        raise FormatInvalid("an ECDSA key's point is not spelled in full")
