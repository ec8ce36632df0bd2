"""ASCII armor, for small files: strict, whole in memory."""

import base64
import binascii
import io

from gateway.vocabulary.errors import AgeArmorInvalid

BEGIN, END = b"-----BEGIN AGE ENCRYPTED FILE-----", b"-----END AGE ENCRYPTED FILE-----"
WIDTH = 64


def is_armored(data: bytes) -> bool:
    return data.lstrip(b" \t\r\n").startswith(b"-----BEGIN")


def dearmor(data: bytes) -> io.BytesIO:
    lines = data.replace(b"\r\n", b"\n").strip(b" \t\r\n").split(b"\n")
    if lines[0] != BEGIN or lines[-1] != END:
        raise AgeArmorInvalid("age armor does not begin and end as it should")
    body = lines[1:-1]
    if body and (any(len(line) != WIDTH for line in body[:-1]) or not 0 < len(body[-1]) <= WIDTH):
        raise AgeArmorInvalid("age armor has a line of a wrong length")
    joined = b"".join(body)
    try:
        plain = base64.b64decode(joined, validate=True)
    except binascii.Error as error:
        raise AgeArmorInvalid("age armor holds bad base64") from error
    if base64.b64encode(plain) != joined:
        raise AgeArmorInvalid("age armor holds base64 that is not canonical")
    return io.BytesIO(plain)


def armor(data: bytes) -> bytes:
    text = base64.b64encode(data)
    return b"\n".join([BEGIN, *(text[i : i + WIDTH] for i in range(0, len(text), WIDTH)), END, b""])
