"""The reference of the direction under which an inspection is given data: read from NAME.handoff.toml.

    direction = "OFSTED-2026-17"

The release statement names that file's hash, so what people sign includes it; the receipt holds
the reference. A file that is changed between the two is found when the signatures are looked at.
"""

import tomllib

from gateway.approval.desk import remarks_name
from gateway.approval.rules import Reason
from gateway.approval.statement import LARGEST
from gateway.story.dropped import Dropped
from gateway.vocabulary.facts import Facts

MISSING = Reason("no-direction", "the .handoff.toml beside the file does not name the direction that this route needs")
WAITS = 'It waits for a file of its own name and .handoff.toml, with the line: direction = "REFERENCE"'


def lacks_direction(dropped: Dropped) -> bool:
    """Whether the route needs one and nothing lies there yet."""
    return dropped.gate.route.policy.direction == "required" and not dropped.has_remarks()


def direction_of(dropped: Dropped) -> Facts | Reason:
    """The fact for the receipt, none where the route needs no direction; or why it cannot be read."""
    if dropped.gate.route.policy.direction == "none":
        return Facts()
    if not dropped.has_remarks():
        return MISSING
    data = dropped.folder.read_small(remarks_name(dropped.name), LARGEST)
    try:
        # allow-listed facts have a shape: no name and no number of a child fits
        return Facts(direction=tomllib.loads(data.decode("utf-8"))["direction"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return MISSING
