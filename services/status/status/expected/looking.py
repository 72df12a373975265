"""One look at all stages: their lines, what runs, and how long runs took that have ended."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

from headway.base.errors import DecodeError
from headway.declared.pipeline import Pipeline, StageDeclaration
from headway.wire.codec import Codec
from status.answers.listing import Selection
from status.answers.query import Snapshot
from status.expected.estimate import Seen
from status.expected.line import LineReader
from status.expected.measured.runs import Run
from status.table.asked import Job
from status.table.position import place_of
from status.table.row import Standing

_COUNTS: Final = "SELECT status, stage, jobs FROM counts"
#: Enough for a first word on how long runs take.
_FIRST_JOBS: Final = 50
#: Jobs whose told runs are remembered: some looks' worth of them.
_MOST_KNOWN: Final = 2000


class Looking:
    """For one thread."""

    def __init__(self, codec: Codec, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._head = codec.head("job-state", "timeline")
        self._pairs = {(s.running.name, s.done.name): s.name for s in pipeline.stages}
        befores = (pipeline.queued, *(stage.done for stage in pipeline.stages))
        self._lines = {
            stage.name: LineReader((before.name, stage.index - 1))
            for stage, before in zip(pipeline.stages, befores, strict=False)
        }
        #: Of each stage, the jobs that it has put off, holds, or ended otherwise than well.
        self._put_away: dict[str, int] = {}
        self._asked_before = False
        #: How many runs were told of jobs met lately, by job and attempt.
        self._known: dict[tuple[str, int], int] = {}

    def look(
        self,
        snapshot: Snapshot,
        moved: Iterable[str],
        done: Mapping[str, int],
        paused: frozenset[str],
    ) -> dict[str, Seen]:
        """Every stage by its name; *moved* are some jobs that moved since the last look."""
        counts = {(status, stage): jobs for status, stage, jobs in snapshot.rows(_COUNTS)}
        runs: dict[str, list[Run]] = {stage.name: [] for stage in self._pipeline.stages}
        for name, run in self._runs(snapshot, moved):
            runs[name].append(run)
        seen = {}
        for stage in self._pipeline.stages:
            line = self._lines[stage.name]
            seen[stage.name] = Seen(
                line=line.read(snapshot, counts.get(line.standing, 0)),
                running=counts.get((stage.running.name, stage.index), 0),
                done=done.get(stage.name, 0) + self._put_away_since(stage, counts),
                runs=runs[stage.name],
                paused=stage.name in paused,
            )
        return seen

    def _put_away_since(self, stage: StageDeclaration, counts: Mapping[Standing, int]) -> int:
        """How many left the stage otherwise than well since the last look, at least."""
        pipeline = self._pipeline
        names = (pipeline.failed, pipeline.cancelled, pipeline.retry_scheduled, pipeline.scheduled)
        now = sum(counts.get((name, stage.index), 0) for name in names)
        before = self._put_away.get(stage.name, now)
        self._put_away[stage.name] = now
        return max(now - before, 0)

    def _runs(self, snapshot: Snapshot, moved: Iterable[str]) -> Iterator[tuple[str, Run]]:
        """Runs with the names of their stages."""
        if not self._asked_before:
            # What is known of runs is not lost with the process: the newest jobs tell of theirs.
            self._asked_before = True
            last = self._pipeline.stages[-1].done.name
            newest = Selection(statuses=(last,), limit=_FIRST_JOBS).of(snapshot)
            for job in reversed(newest):
                yield from self._runs_of(job)
        for job in snapshot.jobs(moved):
            yield from self._news_of(job)

    def _news_of(self, job: Job) -> list[tuple[str, Run]]:
        """Its runs that were not told; of a job not met before the last one, as older ones are old.

        A job is rarely met in the moment between two stages, so its runs are told later, too.
        """
        runs, whose = self._runs_of(job), (job.job_id, job.row.attempt)
        known = self._known.pop(whose, len(runs) - 1)
        self._known[whose] = len(runs)
        if len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return runs[max(known, 0) :]

    def _runs_of(self, job: Job) -> list[tuple[str, Run]]:
        """The runs that ended well, of the job's attempt, in their order."""
        try:
            timeline = self._head(job.row.state)["timeline"] if job.row.state else []
        except DecodeError:
            return []  # told where the job is shown
        lane = place_of(job.row.origin)[1]
        steps = [step for step in timeline if step["attempt"] == job.row.attempt]
        return [
            (self._pairs[before["status"], after["status"]], _run(before["at"], after["at"], lane))
            for before, after in pairwise(steps)
            if (before["status"], after["status"]) in self._pairs
        ]


def _run(began: int, ended: int, lane: int) -> Run:
    return Run((ended - began) / 1000, lane)
