"""The Faust application: reports in, a table of lives, sums out.

What of Faust's own ways is switched off, and why, is in
docs/adr/0058-statistics-are-differences-of-totals-in-a-table-of-faust.md.
"""

import tempfile
from dataclasses import dataclass
from typing import Any, Final

import faust

from headway.base.errors import DecodeError
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.observing import metrics
from headway.wire.codec import Codec
from stagestatistics.book import Book
from stagestatistics.broker import broker_settings
from stagestatistics.said import Saying
from stagestatistics.settings import StatisticsSettings

#: Every record is bytes that we encode: Faust would guess, and a guess in a changelog stops
#: recovery for ever.
_RAW: Final[dict[str, Any]] = {
    "key_type": bytes,
    "value_type": bytes,
    "key_serializer": "raw",
    "value_serializer": "raw",
}
_TURN_SECONDS: Final = 1.0
_REPORT: Final = "stage-report"


@dataclass(frozen=True, slots=True)
class Topics:
    """What is read, kept and said, as the cluster calls it, and in how many partitions."""

    reports: str
    lives: str
    statistics: str
    partitions: int

    @staticmethod
    def of(settings: StatisticsSettings) -> "Topics":
        catalog, pipeline = Catalog.of(settings), Pipeline.load()
        names = (pipeline.reports, pipeline.statistics_lives, pipeline.statistics)
        reports, lives, statistics = (catalog[name].name for name in names)
        return Topics(reports, lives, statistics, catalog[pipeline.reports].partitions)


def make_app(settings: StatisticsSettings) -> faust.App:
    """The application, not started; to be made where its event loop runs."""
    topics, codec = Topics.of(settings), Codec()
    app = faust.App(
        settings.topic_prefix + "statistics",
        **broker_settings(settings),
        **_ways(settings, topics),
    )
    table = app.Table(
        "lives",
        key_type=bytes,
        value_type=bytes,
        partitions=topics.partitions,
        changelog_topic=app.topic(topics.lives, **_RAW),
    )
    out = app.topic(topics.statistics, **_RAW)

    async def send(key: bytes, value: bytes, partition: int) -> None:
        await (await out.send(key=key, value=value, partition=partition))

    saying = Saying(Book(table, codec), codec, send)
    app.agent(app.topic(topics.reports, **_RAW), name="reports")(_reading(saying, codec))
    app.timer(_TURN_SECONDS)(saying.turn)
    app.on_partitions_revoked.connect(_forgetting(saying), weak=False)
    return app


def _ways(settings: StatisticsSettings, topics: Topics) -> dict[str, Any]:
    return {
        "store": "memory://",
        "datadir": tempfile.mkdtemp(prefix="statistics-"),  # it wants one, and leaves it empty
        "web_enabled": False,  # it would listen on every address
        "topic_allow_declare": False,  # topics are declared, and made by headway.provision
        "topic_disable_leader": True,  # nothing asks for a leader, and it takes a topic
        "topic_partitions": topics.partitions,
        "table_standby_replicas": settings.standby_replicas,
        "broker_session_timeout": settings.session_timeout_ms / 1000,
        "broker_heartbeat_interval": settings.session_timeout_ms / 5000,
        "broker_rebalance_timeout": settings.session_timeout_ms / 1000,
        "broker_client_id": settings.instance_id,
        "consumer_auto_offset_reset": "earliest",
        "producer_acks": -1,
        # It takes a stream without records for one that hangs, and says so for each partition.
        "stream_processing_timeout": 10**9,
        # What waits is dropped at the end: it is read again, and known.
        "stream_wait_empty": False,
    }


def _reading(saying: Saying, codec: Codec) -> Any:
    async def reading(stream: faust.Stream[bytes]) -> None:
        async for event in stream.events():
            message = event.message
            report = _decoded(codec, event.value)
            if report is not None:
                at = round(message.timestamp * 1000)
                await saying.hear(report, at, message.partition)

    return reading


def _decoded(codec: Codec, value: bytes) -> dict[str, Any] | None:
    """The report in *value*; None if it is none, or of a version that counts nothing."""
    try:
        report = codec.decode(value, _REPORT)
    except DecodeError:
        metrics.STATISTICS_REPORTS.labels("unreadable").inc()
        return None
    return report if report["life"] else None


def _forgetting(saying: Saying) -> Any:
    async def forgetting(*_: object, **__: object) -> None:
        saying.gone()

    return forgetting
