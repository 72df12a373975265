"""What the gateway needs to be told, beyond what every service does."""

from dataclasses import dataclass
from typing import Final

from headway.declared.settings import Settings, setting
from headway.serving.trust import ALLOWED_HOSTS_DOC, listed

_MIB: Final = 1024 * 1024
#: What a producer sends at most by default (`message.max.bytes`); a record that is larger with its
#: title and framing goes by reference.
_MOST_INLINE_BYTES: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class GatewaySettings(Settings):
    http_port: int = setting("Port to listen on.", default=8080, minimum=0, maximum=65535)
    status_url: str = setting("Put before every link in an answer; empty: same origin.", default="")
    status_api_url: str = setting(
        "Where the gateway asks the status service what a command leaves out, for dead letters to "
        "retry in bulk, and what a job has before it; empty: it asks nobody, commands have to say "
        "everything, and nothing is said of lines.",
        default="",
    )
    most_waiting_seconds: int = setting(
        "A submission is refused, with 429 and when to come back, while a job would wait in lines "
        "for longer than this as STATUS_API_URL tells it; 0: never.",
        default=0,
        minimum=0,
    )
    allowed_origins: str = setting(
        "Origins of pages that may submit and command, beside its own, comma separated; `*`: any.",
        default="",
    )
    allowed_hosts: str = setting(ALLOWED_HOSTS_DOC, default="")
    max_connections: int = setting(
        "Connections served at once, at most; fewer if the process may not open as many files.",
        default=2000,
        minimum=1,
    )
    max_upload_bytes: int = setting("Largest file taken.", default=100_000_000, minimum=1)
    max_json_bytes: int = setting(
        "Largest JSON body taken; it is held in memory, a form is not.",
        default=8 * _MIB,
        minimum=1,
    )
    max_open_uploads: int = setting(
        "Forms taken in at once, at most; one more is refused before its body is read.",
        default=256,
        minimum=1,
    )
    max_spooled_bytes: int = setting(
        "Bytes that the forms taken in at once may bring, at most; they lie in TMPDIR meanwhile.",
        default=2_000_000_000,
        minimum=1,
    )
    upload_seconds: int = setting(
        "How long one body may take to arrive; one slower than 10 kB/s is given up after 30 s.",
        default=600,
        minimum=1,
    )
    inline_limit_bytes: int = setting(
        "Files up to this size travel in the record itself if it fits, larger ones by reference.",
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
        "How long Kafka may take to acknowledge a record.",
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
        return listed(self.allowed_origins)

    @property
    def hosts(self) -> tuple[str, ...]:
        return listed(self.allowed_hosts)
