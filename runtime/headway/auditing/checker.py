"""Judges histories: every check on every job that has come to rest, and all in numbers."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from headway.auditing.checks import (
    commands,
    forgotten,
    held,
    letters,
    outputs,
    standing,
    states,
    waits,
)
from headway.auditing.checks.course import Case
from headway.auditing.findings import Finding
from headway.auditing.history import History
from headway.wire.commands import RETRY

#: Findings that are kept with their evidence; beyond, they are counted by kind.
MOST_KEPT: Final = 10_000
_CHECKS: Final[tuple[Callable[[Case], Iterator[Finding]], ...]] = (
    states.check,
    outputs.check,
    letters.check,
    waits.check,
    held.check,
    commands.check,
)


@dataclass(slots=True)
class Verdict:
    """What was found in any number of histories; jobs are in one number of `jobs` each."""

    #: By where they are: a status they ended in, or a place on their way.
    jobs: Counter[str] = field(default_factory=Counter)
    ended: int = 0
    #: Written to too shortly before the cut, or deleted: not judged.
    moving: int = 0
    forgotten: int = 0
    faulty: int = 0
    #: Records read, by topic; and those that nobody can say the job of.
    records: Counter[str] = field(default_factory=Counter)
    nameless: int = 0
    #: Of the jobs that were judged: submissions beyond one an attempt, attempts, commands.
    facts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        return not self.kinds

    def add(self, finding: Finding) -> None:
        """Count a fault, and keep it while there is room."""
        self.kinds[finding.kind.label] += 1
        if len(self.findings) < MOST_KEPT:
            self.findings.append(finding)


def judge(history: History, verdict: Verdict | None = None) -> Verdict:
    """Add to *verdict* what there is to say of *history*; a pure function of the two."""
    verdict = Verdict() if verdict is None else verdict
    verdict.records.update(history.records)
    verdict.nameless += history.nameless
    for job in history.jobs.values():
        if not history.share.has(job.job_id.encode()):
            continue  # named inside a record under another key; another share has the rest
        if job.forgotten:
            verdict.forgotten += 1
            _judge_forgotten(Case(job, history), verdict)
        elif history.moving(job):
            verdict.moving += 1
        else:
            _judge_one(Case(job, history), verdict)
    return verdict


def _judge_forgotten(case: Case, verdict: Verdict) -> None:
    """Of what it was little is left, and may be no longer: only that it was forgotten rightly."""
    found = [] if case.history.moving(case.job) else list(forgotten.check(case))
    verdict.faulty += bool(found)
    for finding in found:
        verdict.add(finding)


def _judge_one(case: Case, verdict: Verdict) -> None:
    if case.outgrown:
        verdict.jobs["completed by a shorter pipeline, not judged"] += 1
        return
    found = list(_findings(case))
    where = standing.standing(case)
    if where.fault is not None:
        found.append(where.fault)
    verdict.jobs[where.label] += 1
    verdict.ended += where.ended
    verdict.faulty += bool(found)
    for finding in found:
        verdict.add(finding)
    _count(case, verdict)


def _findings(case: Case) -> Iterator[Finding]:
    for check in _CHECKS:
        yield from check(case)


def _count(case: Case, verdict: Verdict) -> None:
    job, facts = case.job, verdict.facts
    attempts = {submission.attempt for submission in job.submissions}
    facts["attempts"] += len(case.courses)
    facts["duplicate submissions"] += len(job.submissions) - len(attempts)
    facts["commands"] += len(job.commands)
    for result in job.results:
        told = "redrives" if result.kind == RETRY else f"commands to {result.kind}"
        facts[f"{told} {'accepted' if result.accepted else 'refused'}"] += 1
    facts["times held"] += len(job.held)
    for output in job.outputs:
        facts[f"outputs of {case.name(output.stage)}"] += 1
    for letter in job.letters:
        facts[f"dead letters of {case.name(letter.stage)}"] += 1
    facts["times put off"] += len(job.waits)
