"""No transaction is open for longer than one may be: it would hide what is behind it for ever."""

from collections.abc import Iterator
from typing import Final

from headway.base.clock import SystemClock
from headway.desk.doctor.finding import Check, Finding, well, wrong
from headway.desk.doctor.patient import Patient
from headway.edges import kafka
from headway.edges.admin import Place, ends, since

_RUNBOOK: Final = "see docs/runbooks/hanging-transaction.md"


def _look(patient: Patient) -> Iterator[Finding]:
    places = _places(patient)
    # In this order: what is committed between the two only looks open for a moment.
    stable = ends(patient.admin, places, kafka.IsolationLevel.READ_COMMITTED)
    high = ends(patient.admin, places, kafka.IsolationLevel.READ_UNCOMMITTED)
    behind = {place: at for place, at in stable.items() if high.get(place, at) > at}
    old = SystemClock().now_ms() - 1000 * patient.settings.unstable_after_seconds
    young = since(patient.admin, dict.fromkeys(behind, old)) if behind else {}
    hanging = False
    for (topic, partition), at in behind.items():
        if (topic, partition) not in young:
            continue
        first = young[topic, partition]
        if first is None or first > at:
            hanging = True
            hidden = high[topic, partition] - at
            words = f"a transaction has been open since offset {at} and hides {hidden} records"
            yield wrong(f"{topic}[{partition}]", words, _RUNBOOK)
    if not hanging:
        seconds = patient.settings.unstable_after_seconds
        yield well("", f"no transaction is open for longer than {seconds} s")


def _places(patient: Patient) -> list[Place]:
    """The partitions there are of the declared topics."""
    topics = patient.admin.list_topics(timeout=patient.call_seconds).topics
    names = [topic.name for topic in patient.catalog.topics.values() if topic.name in topics]
    return [(name, partition) for name in names for partition in topics[name].partitions]


CHECK: Final = Check("hanging", _look)
