"""The topics are those declared."""

from collections.abc import Iterator
from typing import Final

from headway.desk.doctor.finding import Check, Finding, listing, warning, well, wrong
from headway.desk.doctor.patient import Patient
from headway.topics.differences import PROVISION, Difference, differences
from headway.topics.topology import found


def _look(patient: Patient) -> Iterator[Finding]:
    topics = patient.catalog.topics
    cluster = found(patient.admin, patient.catalog)
    if not cluster.topics:
        prefix = patient.settings.topic_prefix
        remedy = f"run `{PROVISION}` once, or correct TOPIC_PREFIX ({prefix!r})"
        yield wrong("", f"none of the {len(topics)} declared topics is there", remedy)
        return
    told = differences(topics.values(), cluster)
    yield from _grouped(told)
    if not told:
        counts = sorted({topic.partitions for topic in cluster.topics.values()})
        number = " or ".join(map(str, counts))
        yield well("", f"all {len(topics)} are as declared, of {number} partitions")


def _grouped(told: list[Difference]) -> Iterator[Finding]:
    """What is the same of several topics, once."""
    places: dict[tuple[bool, str], list[str]] = {}
    for difference in told:
        _, _, text = difference.text.partition(f"{difference.topic} ")
        places.setdefault((difference.harmful, text), []).append(difference.topic)
    for (harmful, text), names in places.items():
        yield (wrong if harmful else warning)(listing(names), *_parted(text))


def _parted(text: str) -> tuple[str, str]:
    """What is different, and what to do: they say both in one sentence."""
    for mark in ("; ", ": run "):
        what, found_mark, remedy = text.rpartition(mark)
        if found_mark:
            return what, ("run " if mark == ": run " else "") + remedy
    return text, ""


CHECK: Final = Check("topics", _look)
