"""The clocks of the brokers and of this machine agree.

Records that are never committed are written to every partition of a topic whose time is the
broker's, and each comes back with the time at which its broker took it.
"""

from collections.abc import Iterator
from typing import Final

from headway.base.clock import SystemClock
from headway.desk.doctor.finding import Check, Finding, unknown, warning, well, wrong
from headway.desk.doctor.opened import opened
from headway.desk.doctor.patient import Patient
from headway.edges import kafka

_APPENDED: Final = 2
#: Times that people see and later tries begin to be out of place.
_MOST_APART_MS: Final = 1000
#: What duplicates and takeovers allow for (`headway.running.clients`).
_FAR_APART_MS: Final = 3600 * 1000
_SYNCHRONIZE: Final = "have both set their clocks (NTP, chrony)"


def apart_ms(sent: int, acknowledged: int, stamped: int) -> int:
    """How far a broker's clock is ahead (behind: below 0) at least; 0 if it may be right."""
    return max(0, stamped - acknowledged) + min(0, stamped - sent)


def _look(patient: Patient) -> Iterator[Finding]:
    topic = patient.catalog[patient.pipeline.progress].name
    found = patient.admin.list_topics(topic, timeout=patient.call_seconds).topics[topic]
    if found.error is not None:
        yield unknown(topic, f"no record can be written to it: {found.error.str()}")
        return
    leaders = {number: one.leader for number, one in found.partitions.items()}
    stamps = _stamps(patient, topic, leaders)
    if not stamps:
        yield unknown(topic, "no record came back with a broker's time")
        return
    told = [_of_broker(broker, apart) for broker, apart in sorted(stamps.items())]
    yield from [one for one in told if one] or [
        well("", f"{len(stamps)} of the brokers and this machine are within a second")
    ]


def _stamps(patient: Patient, topic: str, leaders: dict[int, int]) -> dict[int, int]:
    """By broker, how far apart it is at least (ms)."""
    clock, apart = SystemClock(), dict[int, int]()
    stage = patient.group(patient.pipeline.stages[0].name)
    with opened(patient, f"{stage}-doctor-clock") as producer:
        for partition, leader in leaders.items():
            sent = clock.now_ms()

            def told(_: object, one: kafka.Message, sent: int = sent, leader: int = leader) -> None:
                kind, at = one.timestamp()
                if kind == _APPENDED and one.error() is None:
                    apart[leader] = apart_ms(sent, clock.now_ms(), at)

            producer.produce(topic, b"", b"doctor", partition, on_delivery=told)
            producer.flush(patient.call_seconds)
    return apart


def _of_broker(broker: int, apart: int) -> Finding | None:
    if abs(apart) <= _MOST_APART_MS:
        return None
    words = f"its clock is {abs(apart) / 1000:,.1f} s {'ahead' if apart > 0 else 'behind'}"
    kind = wrong if abs(apart) > _FAR_APART_MS else warning
    return kind(f"broker {broker}", words, _SYNCHRONIZE)


CHECK: Final = Check("clocks", _look)
