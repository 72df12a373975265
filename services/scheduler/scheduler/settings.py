"""What the scheduler needs to be told, beyond what every service does."""

from dataclasses import dataclass

from headway.declared.settings import Settings, setting


@dataclass(frozen=True, kw_only=True)
class SchedulerSettings(Settings):
    http_port: int = setting(
        "Port of `/livez`, `/readyz` and `/metrics`.", default=8087, minimum=0, maximum=65535
    )
    schedules_file: str = setting(
        "Rules of this deployment, in the form of schemas/schedules.yaml; empty: those declared "
        "there.",
        default="",
    )
    session_timeout_ms: int = setting(
        "Silence after which the group takes an instance for dead; brokers allow 6000 to 1800000 "
        "by default.",
        default=10_000,
        minimum=1000,
    )
    transaction_timeout_ms: int = setting(
        "A transaction that has not ended after this is aborted by the broker; until then it holds "
        "up whoever takes the lane over.",
        default=10_000,
        minimum=2000,
    )
    drain_seconds: float = setting(
        "How long the last transaction may take after SIGTERM.", default=5.0, minimum=0
    )
