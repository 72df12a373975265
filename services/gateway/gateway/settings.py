"""What the gateway needs to be told, beyond what every service does."""

from dataclasses import dataclass
from typing import Final

from headway.settings import Settings, setting

_MIB: Final = 1024 * 1024
#: The submitted topic takes records of 1,048,588 bytes; the rest is for title and framing.
_MOST_INLINE_BYTES: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class GatewaySettings(Settings):
    http_port: int = setting("Port to listen on.", default=8080, minimum=0, maximum=65535)
    status_url: str = setting("Put before every link in an answer; empty: same origin.", default="")
    allowed_origins: str = setting(
        "Origins of pages that may submit (CORS), comma separated; * for any.",
        default="",
    )
    max_upload_bytes: int = setting("Largest file taken.", default=100_000_000, minimum=1)
    max_json_bytes: int = setting(
        "Largest JSON body taken; it is held in memory, a form is not.",
        default=8 * _MIB,
        minimum=1,
    )
    inline_limit_bytes: int = setting(
        "Files up to this size travel in the record itself, larger ones by reference.",
        default=64 * 1024,
        minimum=0,
        maximum=_MOST_INLINE_BYTES,
    )
    require_idempotency_key: bool = setting(
        "Whether a submission without Idempotency-Key is refused.",
        default=False,
    )
    claim_seconds: int = setting(
        "How long one submission may hold its Idempotency-Key before a repetition takes over.",
        default=60,
        minimum=1,
    )
    publish_timeout_seconds: int = setting(
        "How long Kafka may take to acknowledge a submission.",
        default=10,
        minimum=1,
    )
    drain_seconds: int = setting(
        "How long open requests may take to end after SIGTERM.",
        default=30,
        minimum=0,
    )

    @property
    def origins(self) -> tuple[str, ...]:
        return tuple(filter(None, (part.strip() for part in self.allowed_origins.split(","))))
