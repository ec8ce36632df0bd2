"""Could somebody be told? Whether anybody is named, and the password or key for it is there."""

import os
from collections.abc import Iterator

from gateway.config.checkup.check import Check, Surroundings, fail, ok, warn
from gateway.config.load import Configuration
from gateway.contract.alerts import Alerts

NAME = "alerts"
SMTP, WEBHOOK = "smtp", "webhook"
"""Roles of deliver's keyring: a password, and 32 bytes that are shared with whoever listens at the webhook."""


def somebody_is_told(configuration: Configuration, around: Surroundings) -> Iterator[Check]:  # noqa: ARG001
    page = configuration.settings.alerts
    if page is None or not (page.email or page.webhook):
        if not configuration.settings.demo:
            remedy = "name an address under [alerts.email] in config/gateway.toml, or let your monitoring ask 'gateway status'"
            yield warn(NAME, "nobody is told when something needs a person", remedy)
        return
    missing = list(_missing(configuration))
    yield from missing or [ok(NAME, " and ".join(name for name in ("email", "webhook") if getattr(page, name)))]


def _missing(configuration: Configuration) -> Iterator[Check]:
    page, keys = configuration.settings.alerts, configuration.deliver_keys
    if page is None:
        return
    yield from _authorities(configuration, page)
    if not (keys.credentials or os.access(keys.folder, os.R_OK | os.X_OK)):
        return  # what this user may not look at, the check of the keys says
    wanted = {SMTP: bool(page.email and page.email.user), WEBHOOK: page.webhook is not None}
    for role, is_wanted in wanted.items():
        if is_wanted and not keys.has(role):
            remedy = "write it as docs/OPERATING.md says under 'Alerts'"
            yield fail(NAME, f"{role}.key of deliver is missing", remedy)


def _authorities(configuration: Configuration, page: Alerts) -> Iterator[Check]:
    for table in (page.email, page.webhook, page.heartbeat):
        if table and table.ca and not (configuration.home / table.ca).is_file():
            yield fail(NAME, "a file of certificate authorities is not there", "check `ca` in [alerts]")
