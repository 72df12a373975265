"""Settings agree with each other and with what the brokers allow."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from headway.declared.catalog import Catalog
from headway.desk.doctor.finding import Check, Finding, listing, unknown, warning, well, wrong
from headway.desk.doctor.patient import DoctorSettings, Patient
from headway.edges import kafka
from headway.topics.brokers import broker_options, too_small

_DAY_MS: Final = 24 * 3600 * 1000
#: Offsets are fenced by the group's generation from this release on (KIP-447).
_OLDEST: Final = (2, 5)
_RELEASE: Final = re.compile(r"(\d+)\.(\d+)")


def _look(patient: Patient) -> Iterator[Finding]:
    told = list(of_settings(patient.settings, patient.catalog))
    found = broker_options(patient.admin)
    if patient.settings.replication_factor > len(found):
        words = f"REPLICATION_FACTOR={patient.settings.replication_factor} on {len(found)} brokers"
        told.append(wrong("", words, "say less, or add brokers"))
    seen: dict[Finding, list[str]] = {}
    for broker, options in found.items():
        for finding in _of_answer(options, patient.settings):
            seen.setdefault(finding, []).append(f"broker {broker}")
    told += [finding._replace(where=listing(names)) for finding, names in seen.items()]
    yield from told or [well("", "settings and brokers' options agree")]


def _of_answer(
    options: Mapping[str, str] | kafka.KafkaException, settings: DoctorSettings
) -> Iterator[Finding]:
    if isinstance(options, kafka.KafkaException):
        yield unknown("", f"its options may not be read ({kafka.describe(options)})")
    else:
        yield from of_broker(options, settings)


def of_settings(settings: DoctorSettings, catalog: Catalog) -> Iterator[Finding]:
    """What contradicts itself, whatever the cluster is."""
    copies, in_sync = settings.replication_factor, settings.min_insync_replicas
    if copies and in_sync > copies:
        words = f"MIN_INSYNC_REPLICAS={in_sync} of REPLICATION_FACTOR={copies}: nothing is written"
        yield wrong("", words, "say one less than REPLICATION_FACTOR")
    elif copies > 1 and in_sync == copies:
        words = f"MIN_INSYNC_REPLICAS={in_sync} of REPLICATION_FACTOR={copies}"
        yield warning("", f"{words}: no broker may be away", "say one less than copies")
    if settings.unstable_after_seconds * 1000 <= settings.transaction_timeout_ms:
        words = "UNSTABLE_AFTER_SECONDS is not above TRANSACTION_TIMEOUT_MS"
        yield warning("", f"{words}: frames would be told as hanging", "say more for status")
    kept = min(
        int(topic.config.get("retention.ms", "-1"))
        for name, topic in catalog.topics.items()
        if name.endswith(".dlq")
    )
    if 0 < settings.duplicates_days * _DAY_MS < kept:
        words = f"DUPLICATES_DAYS={settings.duplicates_days}, and dead letters are kept for "
        words += f"{kept // _DAY_MS} days: older ones cannot be redriven"
        yield warning("", words, f"say {kept // _DAY_MS} at least")


def of_broker(options: Mapping[str, str], settings: DoctorSettings) -> Iterator[Finding]:
    """What a broker's options are too small for, or its release too old."""
    for text in too_small(options):
        what, _, why = text.partition(": ")
        yield warning("", f"{what}: {why}", "raise it on every broker")
    for name, value, above in (
        ("transaction.max.timeout.ms", settings.transaction_timeout_ms, True),
        ("group.max.session.timeout.ms", settings.session_timeout_ms, True),
        ("group.min.session.timeout.ms", settings.session_timeout_ms, False),
    ):
        bound = options.get(name, "")
        if bound.isdigit() and (value > int(bound) if above else value < int(bound)):
            ours = "TRANSACTION_TIMEOUT_MS" if "transaction" in name else "SESSION_TIMEOUT_MS"
            yield wrong("", f"{ours}={value} is not within {name}={bound}", f"change {ours}")
    yield from _of_release(options)


def _of_release(options: Mapping[str, str]) -> Iterator[Finding]:
    """KRaft is of 3.3 and later; before that, brokers tell which release they speak."""
    if options.get("process.roles"):
        return
    found = _RELEASE.match(options.get("inter.broker.protocol.version", ""))
    if found is None:
        yield unknown("", "its release is not told; transactions need Kafka 2.5 or newer")
    elif (int(found[1]), int(found[2])) < _OLDEST:
        words = f"Kafka {found[0]}: offsets are not fenced, so work may be done twice"
        yield wrong("", words, "upgrade to 2.5 or newer")


CHECK: Final = Check("agreement", _look)
