"""A record that a stage put aside, in a tier or held, is the one it had, and a state names it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from headway.auditing.checks.course import Case, Course
from headway.auditing.facts import Lying, Waiting
from headway.auditing.findings import Finding, Kind
from headway.declared.pipeline import Pipeline


class PutAside(NamedTuple):
    """The kinds of findings of one way to put a record aside, its verb, and the status of it."""

    bytes: Kind
    untold: Kind
    does: str
    status: Callable[[Pipeline], str]


def as_it_was(
    case: Case, course: Course, record: Waiting | Lying, way: PutAside
) -> Iterator[Finding]:
    """Of the bytes of its origin, where that is read too; named, where no state is missing."""
    here = record.origin.partition == case.history.partition
    known = case.history.digests.get(record.origin.topic, {}).get(record.origin.offset)
    if here and known is not None and known != record.digest:
        text = f"what {way.does} has other bytes than {record.origin}"
        yield case.found(way.bytes, course.attempt, text, record.at, record.origin)
    told = {state.waits_at for state in course.states}
    if case.history.terms.complete and record.at not in told:
        text = f"a record of it {way.does}, and no {way.status(case.pipeline)} names it"
        yield case.found(way.untold, course.attempt, text, record.at)
