"""Was a rotation broken off, or a key restored that is older than the ledger, or another? Asks the ledger, and needs no private log key."""

import os
from collections.abc import Iterator

from gateway.config.checkup.check import Check, Surroundings, fail, unless, warn
from gateway.config.load import Configuration
from gateway.config.own_keys import Role, published, role_named, roles
from gateway.config.stores import ledger_url
from gateway.crypto.checkpoint import log_key
from gateway.footing.ledger import Ledger, Transaction
from gateway.receipts import generations
from gateway.receipts.succession import keys_of_log
from gateway.story import known_keys
from gateway.vocabulary.errors import GatewayError

NAME = "rotations"


def rotations_are_ended(configuration: Configuration, around: Surroundings) -> Iterator[Check]:  # noqa: ARG001
    """Silent where the ledger or the keys cannot be looked at: their own checks say so."""
    folder = configuration.prepare_keys.folder
    try:
        if folder.stat().st_uid != os.geteuid() and configuration.prepare_keys.credentials is None:
            return
        ledger = Ledger.open(ledger_url(configuration))
    except (OSError, GatewayError):
        return
    try:
        with ledger.reading() as tx:
            problems = [*_log(configuration, tx), *_secrets(configuration, tx)]
    finally:
        ledger.close()
    yield from unless(problems, NAME, "each key in its file is the one in force")


def _log(configuration: Configuration, tx: Transaction) -> Iterator[Check]:
    role = role_named(configuration, "log")
    try:
        if (public := published(configuration, role, role.name)) is None:
            return
        key = log_key(configuration.settings.log_origin, public.raw_ed25519())
        if keys_of_log(tx, key).in_force != key:
            yield _begun(role)
    except GatewayError as error:
        yield fail(NAME, error.message, error.remedy or "restore keys/public/log.pub")


def _secrets(configuration: Configuration, tx: Transaction) -> Iterator[Check]:
    for role in roles(configuration):
        if role.signs or not configuration.prepare_keys.has(role.name):
            continue
        try:
            keys, in_force = configuration.prepare_keys.generations(role.name), generations.in_force(tx, role.name)
        except GatewayError:
            continue  # said by the check of the keys themselves
        there = len(keys)
        try:
            known_keys.refuse_another(tx, role.name, keys[:in_force])
        except GatewayError as error:
            yield fail(NAME, error.message, error.remedy)
        if there < in_force:
            yield fail(NAME, f"{role.name}.key is older than the ledger", "restore the newest one from its backup")
        elif there > in_force:
            yield _begun(role)


def _begun(role: Role) -> Check:
    return warn(NAME, f"a rotation of {role.name} was broken off", f"gateway keys rotate {role.name} ends it")
