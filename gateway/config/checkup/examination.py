"""All checks in the order in which a person would mend what they find."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from gateway.config.checkup.alerts import somebody_is_told
from gateway.config.checkup.check import CONFIGURATION, Check, Surroundings, fail, warn
from gateway.config.checkup.clock import clock_is_kept
from gateway.config.checkup.file_systems import file_systems_fit, leases_work
from gateway.config.checkup.folders import folders_are_safe
from gateway.config.checkup.key_dates import keys_are_in_date
from gateway.config.checkup.keys import keys_are_there
from gateway.config.checkup.ledger import ledger_is_there, log_is_whole
from gateway.config.checkup.people import people_can_sign
from gateway.config.checkup.register import register_can_be_signed
from gateway.config.checkup.rotations import rotations_are_ended
from gateway.config.checkup.routes import routes_are_sound, settings_are_ours
from gateway.config.faults import PageError
from gateway.config.load import Configuration, load

Examine = Callable[[Configuration, Surroundings], Iterator[Check]]
CHECKS: tuple[Examine, ...] = (
    settings_are_ours, routes_are_sound, keys_are_there, people_can_sign, register_can_be_signed, keys_are_in_date,
    folders_are_safe, ledger_is_there, rotations_are_ended, file_systems_fit, leases_work, clock_is_kept,
    somebody_is_told,
)  # fmt: skip
DEEP: tuple[Examine, ...] = (log_is_whole,)


def examine(home: Path, environ: Mapping[str, str], around: Surroundings, *, deep: bool = False) -> Iterator[Check]:
    """Yield each check as it is made; without usable settings nothing else can be looked at."""
    try:
        configuration = load(home, environ)
    except PageError as error:
        for fault in error.faults:
            yield fail(CONFIGURATION, f"{fault.page}: {fault.key} {fault.sentence}".replace(":  ", ": "), fault.remedy)
        return
    for check in (*CHECKS, *(DEEP if deep else ())):
        yield from _as_far_as_this_user_may(check, configuration, around)


def _as_far_as_this_user_may(check: Examine, configuration: Configuration, around: Surroundings) -> Iterator[Check]:
    """Halves are users of their own: what one may not look at is left to the other, and said."""
    try:
        yield from check(configuration, around)
    except PermissionError:
        what = check.__name__.replace("_", " ")
        yield warn(what, "this user may not look", "run 'gateway doctor' as the user of prepare as well")
