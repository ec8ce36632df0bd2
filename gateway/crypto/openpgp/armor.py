"""ASCII armor, for keys: small, whole in memory (RFC 9580 §6).

What gpg and Sequoia write is read: header lines, which say nothing that counts, and a checksum or none.
"""

import base64
import binascii
from typing import Final

from gateway.vocabulary.errors import MessageMalformed

PUBLIC, PRIVATE = "PUBLIC KEY BLOCK", "PRIVATE KEY BLOCK"
WIDTH: Final = 64
_CRC_START, _CRC_POLYNOMIAL = 0xB704CE, 0x1864CFB


def armored(data: bytes, kind: str) -> str:
    text, check = (base64.b64encode(part).decode("ascii") for part in (data, _crc(data).to_bytes(3, "big")))
    lines = [text[start : start + WIDTH] for start in range(0, len(text), WIDTH)]
    begin, end = (f"-----{word} PGP {kind}-----" for word in ("BEGIN", "END"))
    return "\n".join([begin, "", *lines, f"={check}", end, ""])


def is_armored(data: bytes) -> bool:
    return data.lstrip().startswith(b"-----BEGIN PGP ")


def dearmored(data: bytes, kind: str) -> tuple[bytes, ...]:
    """The content of each block, one after another, nothing between them; at least one.

    Raises:
        MessageMalformed: another kind of block, bad base64, a wrong checksum, or something beside the blocks.
    """
    lines = [line.rstrip() for line in data.decode("utf-8", "replace").splitlines()]
    blocks: list[bytes] = []
    while lines := _without_empty(lines):
        block, lines = _one(lines, kind)
        blocks.append(block)
    if not blocks:
        raise MessageMalformed("OpenPGP armor holds nothing")
    return tuple(blocks)


def _without_empty(lines: list[str]) -> list[str]:
    return next((lines[place:] for place, line in enumerate(lines) if line), [])


def _one(lines: list[str], kind: str) -> tuple[bytes, list[str]]:
    """The first block's content, and the lines behind it."""
    begin, end = (f"-----{word} PGP {kind}-----" for word in ("BEGIN", "END"))
    if lines[0] != begin or end not in lines:
        raise MessageMalformed("OpenPGP armor does not begin and end as it should")
    last = lines.index(end)
    body = lines[1:last]
    if "" not in body:
        raise MessageMalformed("OpenPGP armor has no empty line before its content")
    text = body[body.index("") + 1 :]
    check = text.pop()[1:] if text and text[-1].startswith("=") else None
    content = _decoded("".join(text))
    if check is not None and _decoded(check) != _crc(content).to_bytes(3, "big"):
        raise MessageMalformed("OpenPGP armor was changed: its checksum is wrong")
    return content, lines[last + 1 :]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MessageMalformed("OpenPGP armor holds bad base64") from error


def _crc(data: bytes) -> int:
    """CRC-24 (RFC 9580 §6.1.1), which gpg still looks at."""
    crc = _CRC_START
    for octet in data:
        crc ^= octet << 16
        for _ in range(8):
            crc = crc << 1 ^ (_CRC_POLYNOMIAL if crc & 0x800000 else 0)
    return crc & 0xFFFFFF
