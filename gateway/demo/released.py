"""The file that a partner would get, of children who were invented for it: for rehearsals, before anything real."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from random import Random

from gateway.contract.policy import Policy
from gateway.demo.children import population
from gateway.demo.person import Child

CHILDREN = 12
_SEED = 1
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def rehearsal_file(policy: Policy, today: date) -> tuple[bytes, int]:
    """With the policy's own columns, and as if everybody had agreed to all of them; and its rows."""
    random = Random(_SEED)  # noqa: S311 - nobody is real, and the same rehearsal can be made again
    children = population(random, today=today).fit_for_a_return()[:CHILDREN]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.header for column in policy.output)
    writer.writerows(_cells(policy, child, random) for child in children)
    return text.getvalue().encode("utf-8"), len(children)


def _cells(policy: Policy, child: Child, random: Random) -> Iterator[str]:
    for column in policy.output:
        if column.field == "reference":
            yield "".join(random.choices(_DIGITS, k=12))
        else:
            yield child.fields.get(column.field, "")
