"""Who is examined: the settings of the services, and the cluster that they name."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.declared.settings import read, setting
from headway.declared.stage import StageSettings
from headway.desk.cluster import DeskSettings
from headway.edges import kafka
from headway.edges.clientoptions import secrets

_HIDDEN: Final = "***"
_LONG: Final = 8
_OF_A_CHECK: Final = 0.4
_STAGE: Final = "As the stages have it."


@dataclass(frozen=True, kw_only=True)
class DoctorSettings(DeskSettings):
    """What the services are told of the cluster, as far as it can contradict the cluster."""

    transaction_timeout_ms: int = setting(_STAGE, default=StageSettings.transaction_timeout_ms)
    session_timeout_ms: int = setting(_STAGE, default=StageSettings.session_timeout_ms)
    duplicates_days: int = setting(_STAGE, default=StageSettings.duplicates_days)
    unstable_after_seconds: int = setting("As status has it.", default=60)


@dataclass(frozen=True)
class Patient:
    """*services* are those whose rights are looked at; the addresses may be empty.

    *patience* is how long (s) one check may take.
    """

    settings: DoctorSettings
    options: kafka.Options
    services: tuple[str, ...]
    gateway: str = ""
    status: str = ""
    patience: float = 20.0
    pipeline: Pipeline = field(default_factory=Pipeline.load)

    @staticmethod
    def of(services: tuple[str, ...], gateway: str, status: str, patience: float) -> "Patient":
        """The one that the environment names.

        Raises:
            SettingsError: it names none, or an option that is none.
        """
        settings = read(DoctorSettings)
        options = kafka.client_options(settings)
        return Patient(settings, options, services, gateway, status, patience)

    @cached_property
    def catalog(self) -> Catalog:
        """The topics as they are to be."""
        return Catalog.of(self.settings)

    @cached_property
    def admin(self) -> kafka.AdminClient:
        """Who asks the cluster."""
        return kafka.admin_client(self.options)

    @property
    def call_seconds(self) -> float:
        """How long one call within a check may take."""
        return _OF_A_CHECK * self.patience

    def group(self, service: str) -> str:
        """The group of a service that has one."""
        return self.settings.topic_prefix + service

    def shown(self, text: str) -> str:
        """*text* without any value of an option that may be a secret."""
        for secret in secrets(self.options):
            text = _without(text, secret)
        return text


def _without(text: str, secret: str) -> str:
    """A short one only where it stands alone: gaps in our own words would spell it."""
    if len(secret) >= _LONG:
        return text.replace(secret, _HIDDEN)
    return re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", _HIDDEN, text)
