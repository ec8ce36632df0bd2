"""The settings of one machine: `config/gateway.toml`, below systemd's credentials, below the environment.

- a setting is called the same everywhere: `settle_seconds` on the page, HANDOFF_SETTLE_SECONDS
  in the environment and as a credential (`__` would step into a table);
- an unknown name is a fault wherever it stands: a misspelt setting must not be a silent default;
- key material is never a setting: the keyring reads it when it is needed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from gateway.config.faults import Fault, PageError, did_you_mean
from gateway.config.findings import faults_of
from gateway.config.pages import CONFIG, read_toml
from gateway.contract.alerts import Alerts
from gateway.contract.fields import Slug
from gateway.contract.page_text import refuse_what_nobody_sees
from gateway.footing.postgresql_url import why_unfit
from gateway.vocabulary.namespaces import DOMAIN

PAGE = f"{CONFIG}/gateway.toml"
PREFIX = "HANDOFF_"
LONGEST_NAME = 32
NOT_SETTINGS = frozenset({"HANDOFF_HOME", "HANDOFF_VECTORS", "HANDOFF_REQUIRE_ALL"})
"""Names with our prefix that mean something else: the home folder, and two for our own tests."""


class Settings(BaseSettings):
    """What one machine needs to know. Paths are relative to the home folder, or absolute."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    domain: str
    sender: Annotated[str, Field(pattern=Slug, max_length=64)]
    outbox: Path = Path("outbox")
    state: Path = Path("state")
    keys: Path = Path("keys")
    ledger: str | None = None
    """A PostgreSQL database, for more than one machine; without it a SQLite file below `state`."""
    deliver_store: str | None = None
    """The same for what deliver remembers, under a user of its own."""
    machine: Annotated[str, Field(pattern=Slug, max_length=LONGEST_NAME)] | None = None
    """Its name among several, where its own does not say enough."""
    anchor: Path | None = None
    settle_seconds: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 10
    scan_seconds: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 10
    statement_days: Annotated[int, Field(ge=1, le=7)] = 7
    arrival_days: Annotated[int, Field(ge=1, le=7)] = 7
    evidence_years: Annotated[int, Field(ge=1, le=50)] = 6
    worker_memory_mb: Annotated[int, Field(ge=64, le=65536)] = 300
    worker_threads: Annotated[int, Field(ge=1, le=64)] = 2
    origin: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9./-]{0,79}$")] | None = None
    clock: Literal["kernel", "host"] = "kernel"
    pin_roles: tuple[Literal["prepare", "approve", "route", "partner"], ...] = ()
    """Roles in which only a security key counts, touched and unlocked with its PIN."""
    alerts: Alerts | None = None
    demo: bool = False

    @field_validator("*", mode="before")
    @classmethod
    def _is_as_it_is_seen(cls, value: Any, info: ValidationInfo) -> Any:
        return refuse_what_nobody_sees(value, info, cls.model_fields)

    @field_validator("domain")
    @classmethod
    def _is_a_domain(cls, domain: str) -> str:
        if not DOMAIN.fullmatch(domain) or len(domain) > 64:
            raise ValueError("must be a domain name of yours in lower case, such as handoff.council.example")
        return domain

    @field_validator("ledger", "deliver_store")
    @classmethod
    def _is_a_postgresql(cls, url: str | None) -> str | None:
        if url is not None and (reason := why_unfit(url)):
            raise ValueError(reason)
        return url

    @property
    def log_origin(self) -> str:
        """The name of the receipt log in its checkpoints; it may never change."""
        return self.origin or f"{self.domain}/handoff"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the framework's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `read_settings` gives: the environment is an argument here, not a global."""
        return (init_settings,)


def read_settings(home: Path, environ: Mapping[str, str]) -> Settings:
    """PageError, naming for each fault where the value came from."""
    layers = {
        PAGE: read_toml(home / PAGE, PAGE),
        "credentials": _credentials(credentials_folder(environ)),
        "environment": _environment(environ),
    }
    values = {key: value for layer in layers.values() for key, value in layer.items()}
    came_from = {key: page for page, layer in layers.items() for key in layer}
    faults = _unknown_variables(environ)
    try:
        settings = validate_settings(values)
    except PageError as error:
        raise PageError(faults + [_placed(fault, came_from) for fault in error.faults]) from error
    if faults:
        raise PageError(faults)
    return settings


def validate_settings(values: Mapping[str, Any]) -> Settings:
    """PageError, as if every value stood on the page."""
    try:
        return Settings(**values)
    except ValidationError as error:
        raise PageError(faults_of(error, page=PAGE, model=Settings)) from error


def credentials_folder(environ: Mapping[str, str]) -> Path | None:
    """Where systemd put this unit's credentials, if it did."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) if folder else None


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in environ.items()}
    return source()


def _credentials(folder: Path | None) -> dict[str, Any]:
    if folder is None or not folder.is_dir():
        return {}
    return SecretsSettingsSource(Settings, secrets_dir=folder)()


def _unknown_variables(environ: Mapping[str, str]) -> list[Fault]:
    faults = []
    for name in sorted(environ):
        key = name.upper().removeprefix(PREFIX).lower()
        if (
            name.upper().startswith(PREFIX)
            and name not in NOT_SETTINGS
            and key.split("__")[0] not in Settings.model_fields
        ):
            remedy = did_you_mean(name, [PREFIX + field.upper() for field in Settings.model_fields])
            faults.append(Fault(page="environment", key=name, sentence="is not a setting", remedy=remedy))
    return faults


def _placed(fault: Fault, came_from: Mapping[str, str]) -> Fault:
    page = came_from.get(fault.key, PAGE)
    key = fault.key if page == PAGE else PREFIX + fault.key.upper()
    return Fault(page=page, key=key, sentence=fault.sentence, remedy=fault.remedy)
