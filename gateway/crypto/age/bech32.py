"""Bech32 (BIP 173) without its length limit, as age spells keys."""

from collections.abc import Iterable

from gateway.vocabulary.errors import KeyUnavailable

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM = 6


def encode(prefix: str, data: bytes) -> str:
    words = _regroup(data, 8, 5, pad=True)
    check = _polymod(_expand(prefix) + words + [0] * _CHECKSUM) ^ 1
    words += [check >> 5 * (5 - place) & 31 for place in range(_CHECKSUM)]
    return prefix + "1" + "".join(_ALPHABET[word] for word in words)


def decode(prefix: str, text: str) -> bytes:
    """KeyUnavailable if the text is not `prefix` and its data with a right checksum."""
    lower = text.lower()
    found, _, body = lower.rpartition("1")
    if text not in (lower, text.upper()) or found != prefix or any(c not in _ALPHABET for c in body):
        raise KeyUnavailable(f"a key is not spelled as {prefix}1…", remedy="paste it whole, as its owner gave it")
    words = [_ALPHABET.index(c) for c in body]
    if len(words) < _CHECKSUM or _polymod(_expand(prefix) + words) != 1:
        raise KeyUnavailable(f"a key {prefix}1… has a typing error in it", remedy="paste it again")
    return bytes(_regroup(words[:-_CHECKSUM], 5, 8, pad=False))


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _polymod(words: Iterable[int]) -> int:
    check = 1
    for word in words:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ word
        for place, constant in enumerate(_GENERATOR):
            check ^= constant if top >> place & 1 else 0
    return check


def _regroup(data: Iterable[int], width: int, into: int, *, pad: bool) -> list[int]:
    bits = held = 0
    out = []
    for value in data:
        bits, held = bits << width | value, held + width
        while held >= into:
            held -= into
            out.append(bits >> held & ((1 << into) - 1))
        bits &= (1 << held) - 1
    if pad and held:
        out.append(bits << (into - held) & ((1 << into) - 1))
    elif not pad and (held >= width or bits):
        raise KeyUnavailable("a key has bits to spare", remedy="paste it again")
    return out
