"""`audit`: reads a cluster's topics and says whether what is promised was kept.

Exit codes: 0 nothing was found, 1 something was, 2 the topics could not be read.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Final

from headway.auditing.checker import Verdict, judge
from headway.auditing.history import Terms
from headway.auditing.reading.cluster import Reading
from headway.auditing.reading.cut import Cutting
from headway.auditing.reading.decoding import Decoder
from headway.auditing.report import Report
from headway.base.clock import SystemClock
from headway.base.errors import HeadwayError
from headway.declared.backoff import seconds
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.declared.settings import KafkaSettings, read
from headway.edges import kafka
from headway.observing import log
from headway.wire.codec import Codec

CLEAN: Final = 0
FOUND: Final = 1
UNREADABLE: Final = 2

_PROGRESS_SECONDS: Final = 2.0


def add(parser: argparse.ArgumentParser) -> None:
    """Say what can be asked."""
    parser.description = __doc__
    parser.add_argument(
        "--since",
        type=_duration,
        metavar="1d",
        help="jobs submitted in the last 1d, 12h, 30min; without it all that the topics still have",
    )
    parser.add_argument(
        "--settle",
        type=_duration,
        default=60.0,
        metavar="60s",
        help="a job of which anything was written in the last 60s is on its way and not judged; "
        "keep it above TRANSACTION_TIMEOUT_MS",
    )
    parser.add_argument(
        "--clocks",
        type=_duration,
        default=1.0,
        metavar="1s",
        help="how far the clocks of stages and brokers may differ",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--shown", type=int, default=50, help="findings told one by one in text")


def run(args: argparse.Namespace) -> int:
    """Audit the cluster that the environment names; the exit code. Blocks."""
    log.configure("audit", "WARNING")
    try:
        report = audit(
            read(KafkaSettings),
            since_seconds=args.since,
            settle_seconds=args.settle,
            clocks_seconds=args.clocks,
        )
    except kafka.KafkaException as error:
        _say(f"the cluster: {kafka.describe(error)}")
        return UNREADABLE
    except HeadwayError as error:
        _say(str(error))
        return UNREADABLE
    print(json.dumps(report.as_json()) if args.json else report.text(args.shown))  # noqa: T201 - what was asked for
    return CLEAN if report.verdict.clean else FOUND


def audit(
    settings: KafkaSettings,
    *,
    since_seconds: float | None = None,
    settle_seconds: float = 60.0,
    clocks_seconds: float = 1.0,
    complete: bool = False,
) -> Report:
    """Read and judge; *complete*: nothing was ever compacted or removed. Blocks.

    Raises:
        HeadwayError: the topics are not there, or could not be read; it says what to do.
        KafkaException: the cluster does not answer.
    """
    clock, began = SystemClock(), time.monotonic()
    options, catalog = kafka.client_options(settings), Catalog.of(settings)
    pipeline = Pipeline.load()
    decoder = Decoder(Codec(), pipeline, catalog)
    cut = Cutting(options, catalog, pipeline).take(
        decoder.topics, clock, since_seconds=since_seconds
    )
    terms = Terms(cut.at, int(settle_seconds * 1000), int(clocks_seconds * 1000), complete)
    verdict, progress = Verdict(), _Progress()
    reading = Reading(options, catalog, pipeline, decoder, cut)
    try:
        for history in reading.histories(terms, clock, progress.tell):
            judge(history, verdict)
    finally:
        reading.close()
    return Report(
        verdict,
        cut.at,
        cut.since,
        settle_seconds,
        cut.numbers,
        time.monotonic() - began,
        [*cut.notes, *reading.notes],
    )


@dataclass(slots=True)
class _Progress:
    """Says now and then how far it is."""

    _told: float = field(default_factory=time.monotonic)

    def tell(self, records: int, most: int) -> None:
        if time.monotonic() - self._told >= _PROGRESS_SECONDS:
            self._told = time.monotonic()
            _say(f"{records:,} records read, of at most {most:,}")


def _say(text: str) -> None:
    print(f"audit: {text}", file=sys.stderr)  # noqa: T201 - for whoever waits


def _duration(text: str) -> float:
    try:
        return seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
