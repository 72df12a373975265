"""What the statistics need to be told, beyond what every service does."""

from dataclasses import dataclass

from headway.declared.settings import Settings, setting


@dataclass(frozen=True, kw_only=True)
class StatisticsSettings(Settings):
    object_store_url: str = setting("Not used: nothing is stored but in topics.", default="")
    http_port: int = setting("Port of health and metrics.", default=8085, minimum=0, maximum=65535)
    session_timeout_ms: int = setting(
        "After this long without a word an instance is taken for dead and others take its stages.",
        default=10_000,
        minimum=1000,
    )
    standby_replicas: int = setting(
        "How many other instances keep a copy of an instance's table, to go on at once.",
        default=1,
        minimum=0,
    )
    drain_seconds: int = setting(
        "How long leaving the group may take after SIGTERM.", default=5, minimum=0
    )
