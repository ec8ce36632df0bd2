"""SSHSIG's bytes (OpenSSH PROTOCOL.sshsig): what is signed, how a signature is spelled. Pure.

Stricter than the specification in two places. The reserved field, which no signature
covers, must be empty: OpenSSH ignores what stands there. And the armor must be exactly
ssh-keygen's (lines of 70 characters, one newline at the end), save that lines may end as
Windows ends them.
"""

import base64
import binascii
from dataclasses import dataclass

from gateway.crypto.ssh_wire import Reader, string
from gateway.vocabulary.errors import FormatInvalid, SignatureMalformed

MAGIC, VERSION = b"SSHSIG", 1
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
HASHES = (b"sha256", b"sha512")
LARGEST = 64 * 1024
WIDTH = 70
_REMEDY = "sign again with ssh-keygen -Y sign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A signature's parts, unverified: the key and the wire signature as SSH spells them."""

    public: bytes
    namespace: bytes
    algorithm: bytes
    signature: bytes


def signed_bytes(namespace: bytes, algorithm: bytes, digest: bytes) -> bytes:
    """What the key signs: never the message itself, always with the namespace."""
    return MAGIC + string(namespace) + string(b"") + string(algorithm) + string(digest)


def spell_blob(fields: Fields) -> bytes:
    head = MAGIC + VERSION.to_bytes(4, "big")
    body = (fields.public, fields.namespace, b"", fields.algorithm, fields.signature)
    return head + b"".join(string(item) for item in body)


def parse_blob(data: bytes) -> Fields:
    """SignatureMalformed for anything but version 1, with a namespace, and SHA-256 or SHA-512."""
    try:
        version, fields, reserved = _read(Reader(data, "a signature"))
    except FormatInvalid as error:
        raise SignatureMalformed(error.message, remedy=_REMEDY) from error
    if version != MAGIC + VERSION.to_bytes(4, "big"):
        raise SignatureMalformed("a signature is not an SSHSIG of version 1", remedy=_REMEDY)
    if reserved:
        raise SignatureMalformed("a signature holds something that nobody signed", remedy=_REMEDY)
    if not fields.namespace:
        raise SignatureMalformed("a signature has no namespace", remedy="sign with -n and the namespace asked for")
    if fields.algorithm not in HASHES:
        raise SignatureMalformed("a signature uses a hash that is not allowed", remedy=_REMEDY)
    return fields


def armor(data: bytes) -> str:
    text = base64.b64encode(data).decode("ascii")
    return "\n".join([BEGIN, *(text[i : i + WIDTH] for i in range(0, len(text), WIDTH)), END, ""])


def dearmor(data: bytes) -> bytes:
    """SignatureMalformed unless it is, but for CRLF, what `armor` writes, in at most 64 KiB."""
    if len(data) > LARGEST:
        raise SignatureMalformed("a signature is too large", remedy=_REMEDY)
    try:
        text = data.decode("ascii").replace("\r\n", "\n")
        content = base64.b64decode("".join(text.split("\n")[1:-2]), validate=True)
    except (UnicodeDecodeError, binascii.Error) as error:
        raise SignatureMalformed("a signature is not base64 in SSH's armor", remedy=_REMEDY) from error
    if armor(content) != text:
        raise SignatureMalformed("a signature is not spelled as ssh-keygen spells it", remedy=_REMEDY)
    return content


def _read(reader: Reader) -> tuple[bytes, Fields, bytes]:
    version = reader.take(len(MAGIC) + 4)
    public, namespace, reserved = reader.string(), reader.string(), reader.string()
    algorithm, signature = reader.string(), reader.string()
    reader.end()
    return version, Fields(public=public, namespace=namespace, algorithm=algorithm, signature=signature), reserved
