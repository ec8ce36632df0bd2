"""UPN and ULN, with their check characters.

A UPN is a check letter and twelve places; the last place of a temporary one is a letter. The
letter is the sum of each place times its position, counted from 2, by 23 (DfE, UPN guide). A
ULN is nine digits and a check digit: ten less the sum of the digits times 10 to 2, by 11.
"""

import re
from operator import mul

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
UPN_SHAPE = "[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]"
ULN_SHAPE = "[1-9][0-9]{9}"
ULN_WEIGHTS = tuple(range(10, 1, -1))
_WEIGHTS = tuple(range(2, 14))
_VALUES = {str(digit): digit for digit in range(10)} | {letter: value for value, letter in enumerate(UPN_LETTERS)}
_upn_shape = re.compile(UPN_SHAPE).fullmatch


def is_upn(text: str) -> bool:
    if not _upn_shape(text):
        return False
    values = [_VALUES[place] for place in text[1:]]
    return UPN_LETTERS[sum(map(mul, values, _WEIGHTS)) % 23] == text[0]


def is_uln(text: str) -> bool:
    if not re.fullmatch(ULN_SHAPE, text):
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(text, ULN_WEIGHTS, strict=False)) % 11
    return rest != 0 and int(text[9]) == 10 - rest
