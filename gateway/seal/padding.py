"""How large a container is made, so that its size tells little of what is in it.

Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
PURBs", PoPETs 2019): of a size with the highest bit 2^e, only the ⌊log2 e⌋ + 1 highest bits
are kept; the rest is rounded up. That costs at most 12 %, and leaves few sizes to tell apart.
Below FLOOR all parcels are alike: the removal of one child looks as that of a few.
"""

from typing import Final

FLOOR: Final = 8 * 1024


def padded(size: int) -> int:
    """The size, in bytes, to which `size` is filled up."""
    if size <= FLOOR:
        return FLOOR
    highest = size.bit_length() - 1
    rounded_away = (1 << highest - highest.bit_length()) - 1
    return (size + rounded_away) & ~rounded_away
