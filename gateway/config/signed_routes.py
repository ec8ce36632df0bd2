"""Two signatures stand under a route: without either, or after any change of what it covers, the route stands still.

    config/routes/NAME.sig            the data protection officer's, over the whole route; namespace route.NAME@DOMAIN
    config/routes/NAME.partner.sig    a second person's, over the partner's record; namespace partner.NAME@DOMAIN

Whoever could change a partner's record alone could send everything to themselves: so a new server, host
key or encryption key wants two people, and a change of the rules one.
`demo = true` alone lets routes run unsigned, with invented children.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.config.certificates import certificates_end
from gateway.config.load import Configuration, Suspension
from gateway.config.pages import CONFIG
from gateway.contract.route import Route
from gateway.crypto.signers import Signed
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.footing.signers_files import read_signers
from gateway.vocabulary.errors import FormatInvalid, SignatureInvalid
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.namespaces import of_route

LARGEST_SIGNATURE = 32 * 1024
SIGNED_BY: Final = ("route", "partner")
"""The roles whose signatures a route needs."""
_WHO = {
    "route": "the data protection officer reads and signs it",
    "partner": "a second person checks the partner's record and signs it",
}
_WHAT = {"route": "", "partner": "the partner's record: "}


def signature_path(home: Path, route: str, role: str = "route") -> Path:
    return home / CONFIG / "routes" / (f"{route}.sig" if role == "route" else f"{route}.{role}.sig")


def covered(route: Route, role: str) -> bytes:
    """What a signature in this role is made over."""
    return route.canonical() if role == "route" else route.partner_canonical()


def usable_routes(configuration: Configuration, at: datetime) -> tuple[tuple[Route, ...], tuple[Suspension, ...]]:
    """Routes that may be used now, and those that may not, each with the reason."""
    suspended = list(configuration.suspensions(london_day(at)))
    stopped = {suspension.route for suspension in suspended}
    usable = []
    for route in configuration.routes:
        if route.name in stopped:
            continue
        reason = _not_now(configuration, route, at)
        if reason is None:
            usable.append(route)
        else:
            suspended.append(reason)
    return tuple(usable), tuple(suspended)


def _not_now(configuration: Configuration, route: Route, at: datetime) -> Suspension | None:
    end = certificates_end(configuration.workspace.certificates, route.partner)
    if end is not None and end <= at:
        return Suspension(
            route=route.name,
            reason="certificate-expired",
            sentence=f"the route {route.name} is suspended: the partner's OpenPGP certificate ended on {end:%Y-%m-%d}",
            remedy="ask the partner for it as it is now, and put it into keys/openpgp under the same name",
        )
    return None if configuration.settings.demo else unsigned_reason(configuration, route, at)


def unsigned_reason(configuration: Configuration, route: Route, at: datetime) -> Suspension | None:
    """None if two different people who may have signed the route as it stands."""
    found = [signed_by(configuration, route, role, at) for role in SIGNED_BY]
    for one in found:
        if isinstance(one, Suspension):
            return one
    people = {one.principal for one in found if isinstance(one, Signed)}
    if len(people) < len(SIGNED_BY):
        return _suspension(route, "partner", "route-one-person", "one person signed both")
    return None


def signed_by(configuration: Configuration, route: Route, role: str, at: datetime) -> Signed | Suspension:
    """Who signed in this role, or why nobody's signature counts."""
    try:
        return verified(configuration, route, role, _read(signature_path(configuration.home, route.name, role)), at)
    except FileNotFoundError:
        return _suspension(route, role, "route-unsigned", f"{_WHAT[role]}nobody has signed it")
    except OSError as error:
        why = f"{_WHAT[role]}its signature cannot be read ({type(error).__name__})"
        return _suspension(route, role, "route-unsigned", why)
    except (SignatureInvalid, FormatInvalid) as error:
        return _suspension(route, role, "route-changed", f"{_WHAT[role]}its signature does not count: {error.message}")


def verified(configuration: Configuration, route: Route, role: str, signature: bytes, at: datetime) -> Signed:
    """Whose signature it is, if it counts in this role; SignatureInvalid or FormatInvalid if it does not."""
    signers = read_signers(configuration.workspace, role, pin=role in configuration.settings.pin_roles)
    namespace = of_route(role, route.name, configuration.settings.domain)
    return signers.verify(UnverifiedSignature.parse(signature), covered(route, role), namespace, at)


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(LARGEST_SIGNATURE)


def _suspension(route: Route, role: str, reason: str, why: str) -> Suspension:
    role_option = "" if role == "route" else f" --as {role}"
    return Suspension(
        route=route.name,
        reason=reason,
        sentence=f"the route {route.name} is suspended: {why}",
        remedy=f"{_WHO[role]}: gateway route sign {route.name}{role_option} --key KEY",
    )
