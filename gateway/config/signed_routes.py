"""The data protection officer's signature over a route: without it, or after any change, the route stands still.

    config/routes/NAME.sig    SSHSIG over the route's canonical bytes, namespace route.NAME@DOMAIN

`demo = true` alone lets routes run unsigned, with invented children.
"""

from datetime import datetime
from pathlib import Path

from gateway.config.load import Configuration, Suspension
from gateway.config.pages import CONFIG
from gateway.contract.route import Route
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.footing.signers_files import read_signers
from gateway.vocabulary.errors import FormatInvalid, SignatureInvalid
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.namespaces import of_route

LARGEST_SIGNATURE = 32 * 1024


def signature_path(home: Path, route: str) -> Path:
    return home / CONFIG / "routes" / f"{route}.sig"


def usable_routes(configuration: Configuration, at: datetime) -> tuple[tuple[Route, ...], tuple[Suspension, ...]]:
    """Routes that may be used now, and those that may not, each with the reason."""
    suspended = list(configuration.suspensions(london_day(at)))
    stopped = {suspension.route for suspension in suspended}
    usable = []
    for route in configuration.routes:
        if route.name in stopped:
            continue
        unsigned = None if configuration.settings.demo else unsigned_reason(configuration, route, at)
        if unsigned is None:
            usable.append(route)
        else:
            suspended.append(unsigned)
    return tuple(usable), tuple(suspended)


def unsigned_reason(configuration: Configuration, route: Route, at: datetime) -> Suspension | None:
    """None if somebody who may has signed the route as it stands."""
    try:
        data = _read(signature_path(configuration.home, route.name))
        pin = "route" in configuration.settings.pin_roles
        signers = read_signers(configuration.workspace, "route", pin=pin)
        namespace = of_route("route", route.name, configuration.settings.domain)
        signers.verify(UnverifiedSignature.parse(data), route.canonical(), namespace, at)
    except FileNotFoundError:
        return _suspension(route, "route-unsigned", "nobody has signed it")
    except OSError as error:
        return _suspension(route, "route-unsigned", f"its signature cannot be read ({type(error).__name__})")
    except (SignatureInvalid, FormatInvalid) as error:
        return _suspension(route, "route-changed", f"its signature does not count: {error.message}")
    return None


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(LARGEST_SIGNATURE)


def _suspension(route: Route, reason: str, why: str) -> Suspension:
    return Suspension(
        route=route.name,
        reason=reason,
        sentence=f"the route {route.name} is suspended: {why}",
        remedy=f"the data protection officer reads and signs it: gateway route sign {route.name} --key KEY",
    )
