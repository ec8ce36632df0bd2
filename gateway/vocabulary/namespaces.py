"""SSHSIG namespaces: a signature made for one act can never serve for another."""

import re

ACTS = frozenset({"prepare", "approve", "route", "partner", "content", "envelope", "acknowledge", "observation"})
REGISTER_ACTS = ("register.import", "register.record", "hold.lift", "hold.list", "hold.release")
"""What people sign about the register: to add consent, by file or one by one; to lift a hold; to see the holds; to let a return leave with children on hold in it."""
DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


def of_act(act: str, domain: str) -> str:
    """`envelope@council.example`, for acts that belong to no single route."""
    return f"{act}@{domain}"


def of_route(act: str, route: str, domain: str) -> str:
    """`approve.yss@council.example`, for acts of people on one route."""
    return f"{act}.{route}@{domain}"
