"""The product's own audit of a test's cluster, and whether every job ended as it had to."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from support.kafka.cluster import Cluster, Record

from headway.auditing.command import audit
from headway.auditing.findings import Kind
from headway.auditing.report import Report
from headway.declared.pipeline import Pipeline
from headway.declared.settings import KafkaSettings, read

_LAST: Final = Pipeline.load().stages[-1]
_MOST_SHOWN: Final = 20


def audited(cluster: Cluster) -> Report:
    """All that *cluster* has ever been given, at rest. Blocks."""
    settings = read(KafkaSettings, cluster.environment())
    return audit(settings, settle_seconds=0, complete=True)


def faults(
    cluster: Cluster,
    job_ids: Iterable[str],
    *,
    failed: Mapping[str, str] | None = None,
    allowed: Collection[Kind] = (),
) -> list[str]:
    """All that is wrong on *cluster*, where *job_ids* have all ended; empty if nothing is.

    *failed* names the stage in which a job has to have FAILED; every other has to be COMPLETED.
    Kinds of faults that are *allowed* were planted by the test itself.
    """
    expected = {job_id: (failed or {}).get(job_id) for job_id in job_ids}
    found = [str(each) for each in audited(cluster).verdict.findings if each.kind not in allowed]
    found += wrong_ends(cluster.newest_states(), expected)
    shown = found[:_MOST_SHOWN]
    return [*shown, f"... {len(found)} in all"] if len(found) > len(shown) else found


def wrong_ends(
    newest: Mapping[str, Mapping[str, Any]], expected: Mapping[str, str | None]
) -> Iterator[str]:
    """Jobs whose *newest* state is not the one expected: FAILED in that stage, or COMPLETED."""
    for job_id, stage in expected.items():
        state = newest.get(job_id)
        told = ("nothing", "") if state is None else (state["status"], state["stage"])
        wanted = (_LAST.done.name, _LAST.name) if stage is None else ("FAILED", stage)
        if told != wanted:
            yield f"{job_id}: the newest state is {told}, not {wanted}"


def origin_of(letter: Record) -> tuple[bytes, ...]:
    """Topic, partition and offset of the record a dead letter is of."""
    return tuple(letter.headers[f"headway.{name}"] for name in ("topic", "partition", "offset"))
