"""What the status service needs to be told, beyond what every service does."""

from dataclasses import dataclass

from headway.declared.settings import Settings, setting
from headway.serving.trust import ALLOWED_HOSTS_DOC


@dataclass(frozen=True, kw_only=True)
class StatusSettings(Settings):
    http_port: int = setting("Port to listen on.", default=8081, minimum=0, maximum=65535)
    data_dir: str = setting("Folder of the table's file, this process's own; lost, it is rebuilt.")
    gateway_url: str = setting(
        "Where the page submits files; empty: its own origin.",
        default="",
    )
    allowed_hosts: str = setting(ALLOWED_HOSTS_DOC, default="")
    sse_clients: int = setting("Readers of events at once, at most.", default=5000, minimum=1)
    sse_tick_ms: int = setting(
        "With many readers events are gathered for up to this long; the first goes out at once.",
        default=30,
        minimum=0,
        maximum=1000,
    )
    sse_buffer_chunks: int = setting(
        "Sendings that may wait for a reader of events before it is dropped.",
        default=256,
        minimum=1,
    )
    sse_buffer_bytes: int = setting(
        "Bytes that may wait for a reader of events before it is dropped.",
        default=4 * 1024 * 1024,
        minimum=1024,
    )
    drain_seconds: int = setting(
        "How long open requests may take to end after SIGTERM.",
        default=10,
        minimum=0,
    )
    unstable_after_seconds: int = setting(
        "A partition whose last stable offset stands still for longer has a hanging transaction; "
        "above every producer's transaction timeout.",
        default=60,
        minimum=1,
    )
