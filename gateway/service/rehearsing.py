"""A parcel of invented children, all the way to a partner's signed answer: before anything real is handed over.

    seal     prepare   the parcel, receipted                                   `story.rehearsal`
    carry    deliver   at the partner; the answer, if there is one in time
    check    prepare   the answer, held against the receipt, and receipted     `story.rehearsal`

Where one user has both halves `rehearse` does the three at once. Where each has a user of its own they
pass the parcel and the answer through a folder (`story.rehearsal_folder`), and neither needs what is the other's.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.config.first_keys import sftp_role
from gateway.config.load import Configuration
from gateway.contract.partner import Endpoint
from gateway.contract.route import Route
from gateway.crypto.ssh_keys import PublicKey
from gateway.deliver.destination import Destination
from gateway.footing import durable
from gateway.footing.plain_file import read_plain
from gateway.footing.working_folder import working_folder
from gateway.footing.workspace import is_shared
from gateway.seal.acknowledgement import Acknowledgement
from gateway.service.probing import page_of, route_to
from gateway.story.gate import Gateway
from gateway.story.rehearsal import Invented, draft_for, seal_rehearsal, take_answer
from gateway.story.rehearsal_carrying import Carried, Patience, carried_to
from gateway.story.rehearsal_folder import answer_in, lay_answer, opened_folder, sealed_in
from gateway.vocabulary.errors import KeyUnavailable, UsageError
from gateway.vocabulary.transfer import TransferId

_LARGEST_KEY: Final = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    carried: Carried
    answer: Acknowledgement | None
    """Verified, and about this very parcel."""


def has_two_users(configuration: Configuration) -> bool:
    """Each half has one of its own: the mailbox is open to a group of both."""
    mailbox = configuration.workspace.to_deliver
    return mailbox.is_dir() and is_shared(mailbox)


def rehearse(
    configuration: Configuration, gateway: Gateway, partner: str, invented: Invented, patience: Patience
) -> Rehearsed:  # fmt: skip
    """All three steps, by whoever has both halves.

    Raises:
        ConfigError, UsageError: no route in service leads to this partner, or it has no server.
        DeliveryError: the server could not be reached, or refused it.
        AcknowledgementInvalid: an answer came, and is not the partner's, or about something else.
    """
    route = _by_server(configuration, partner)
    draft = draft_for(gateway, route.partner)
    folder = durable.private_folder(gateway.workspace.sealing(draft.transfer))
    try:
        with _reached(configuration, route, gateway.clock) as destination:
            sealed = seal_rehearsal(gateway, draft, folder, invented, route.partner)
            carried = carried_to(destination, sealed.parcel, route.partner, patience, gateway.clock)
    finally:
        durable.discard_folder(folder)
    answer = take_answer(gateway, route.partner, carried.answer) if carried.answer else None
    return Rehearsed(carried=carried, answer=answer)


def seal_into(
    configuration: Configuration, gateway: Gateway, partner: str, invented: Invented, place: Path
) -> TransferId:  # fmt: skip
    """Prepare's first step. `place` is new, and open to the group of both halves, if there is one.

    Raises:
        ConfigError, UsageError: as `rehearse`; or `place` is there already.
    """
    if os.path.lexists(place):
        raise UsageError("the folder is there already, and nothing is overwritten", remedy="name a new one: --seal")
    route = _by_server(configuration, partner)
    draft = draft_for(gateway, route.partner)
    with working_folder(place.parent) as work:
        folder = durable.private_folder(work / "rehearsal")
        seal_rehearsal(gateway, draft, folder, invented, route.partner)
        if has_two_users(configuration):
            durable.share_with(folder, configuration.workspace.to_deliver.stat().st_gid)
        durable.publish(folder, place)
    return draft.transfer


def carry(
    configuration: Configuration, partner: str, place: Path, patience: Patience, clock: Callable[[], datetime]
) -> Carried:  # fmt: skip
    """Deliver's step, once more if need be: what is at the partner already is not put there again.

    Raises:
        ConfigError, UsageError: as `rehearse`; or the folder cannot be opened.
        FormatInvalid, SignatureInvalid: what lies in it is not what `seal_into` has put there.
        DeliveryError: as `rehearse`; ReleaseLapsed if it was sealed too long ago.
    """
    route, workspace = _by_server(configuration, partner), configuration.workspace
    key, domain = _our_key(workspace.public_keys / "signing.pub"), configuration.settings.domain
    with opened_folder(place) as folder, _reached(configuration, route, clock) as destination:
        folder.sweep()
        sealed = sealed_in(folder, partner, key=key, domain=domain)
        private = workspace.rehearsing(sealed.transfer)
        durable.discard_folder(private)
        try:
            parcel = sealed.copied_to(durable.private_folder(private))
            carried = carried_to(destination, parcel, route.partner, patience, clock)
        finally:
            durable.discard_folder(private)
        if carried.answer:
            shared = has_two_users(configuration)
            lay_answer(folder, carried.answer, durable.GROUP_READS if shared else durable.PRIVATE)
    return carried


def check(configuration: Configuration, gateway: Gateway, partner: str, place: Path) -> Acknowledgement | None:
    """Prepare's second step, for an answer by mail, too; None if no answer lies there.

    Raises:
        ConfigError, UsageError: there is no such partner, or its page is not filled in; or the folder cannot be opened.
        FormatInvalid: something else than an answer, or its parcel, lies in the folder.
        AcknowledgementInvalid, LogBroken: the answer does not count.
    """
    page = page_of(configuration, partner)
    with opened_folder(place) as folder:
        found = answer_in(folder)
    return take_answer(gateway, page, found) if found else None


def _by_server(configuration: Configuration, partner: str) -> Route:
    route = route_to(configuration, partner)
    if not isinstance(route.partner.endpoint, Endpoint):
        raise UsageError(
            f"the partner {partner} has no server: its parcels are staged in a folder",
            remedy=f"its kit has a parcel to rehearse with: gateway partner kit {partner}",
        )
    return route


@contextmanager
def _reached(configuration: Configuration, route: Route, clock: Callable[[], datetime]) -> Iterator[Destination]:
    from gateway.deliver.sftp.destination import SftpDestination  # noqa: PLC0415 - paramiko is wanted here only

    if not isinstance(endpoint := route.partner.endpoint, Endpoint):
        raise TypeError("a route was reached that has no server")
    destination = SftpDestination(endpoint, _login(configuration, route), clock=clock)
    try:
        yield destination
    finally:
        destination.close()


def _login(configuration: Configuration, route: Route) -> bytes:
    try:
        return configuration.deliver_keys.private_bytes(sftp_role(route.name))
    except KeyUnavailable as error:
        if not has_two_users(configuration):
            raise
        raise KeyUnavailable(
            error.message,
            remedy="where each half has a user of its own there are three steps: --seal DIR as prepare's, --carry DIR as"
            " deliver's, --check DIR as prepare's",
        ) from error


def _our_key(path: Path) -> PublicKey:
    data = read_plain(path, _LARGEST_KEY, what=f"keys/public/{path.name}")
    return PublicKey.parse(data.decode("ascii", "replace"))
