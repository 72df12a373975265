"""The attempts at one job as its facts tell of them: what every check asks first."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from headway.auditing.facts import Letter, Lying, Output, Position, State, Step, Submission, Waiting
from headway.auditing.findings import Finding, Kind
from headway.auditing.history import History, Job
from headway.declared.pipeline import Pipeline
from headway.wire.commands import REPROCESS, RETRY
from headway.wire.envelope import MOST_STEPS


@dataclass(slots=True)
class Course:
    """One attempt: its facts in the order of each topic."""

    attempt: int
    submissions: list[Submission] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    #: What timelines tell of it; not all if they were `cut`.
    steps: tuple[Step, ...] = ()
    cut: bool = False
    outputs: defaultdict[int, list[Output]] = field(default_factory=lambda: defaultdict(list))
    waits: list[Waiting] = field(default_factory=list)
    held: list[Lying] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)

    @property
    def end(self) -> State | None:
        """Its first terminal state."""
        return next((state for state in self.states if state.terminal), None)

    @property
    def reached(self) -> State | None:
        """Its newest state."""
        return self.states[-1] if self.states else None

    def at(self, status: str) -> int | None:
        """When it was last in *status* (ms), as far as is known."""
        told = [step.reached for step in self.steps if step.status == status]
        told += [state.updated for state in self.states if state.status == status]
        return max(told, default=None)

    @property
    def all_outputs(self) -> list[Output]:
        """Those of every stage."""
        return [output for found in self.outputs.values() for output in found]

    @property
    def traces(self) -> list[State | Waiting | Lying | Letter | Output]:
        """All that was said of it, but letters of what could not be read: those are of no run."""
        letters = (letter for letter in self.letters if letter.opens)
        return [*self.states, *self.waits, *self.held, *letters, *self.all_outputs]

    def failed_in(self, pipeline: Pipeline) -> int:
        """The stage in which it FAILED, 0 if that is not known."""
        told = [state.stage for state in self.states if state.status == pipeline.failed]
        told += [letter.stage for letter in self.letters if letter.opens]
        return max(told, default=0)


@dataclass(frozen=True)
class Case:
    """One job before its judges."""

    job: Job
    history: History

    @cached_property
    def courses(self) -> dict[int, Course]:
        """By attempt, from the lowest."""
        found: dict[int, Course] = {}

        def of(attempt: int) -> Course:
            return found.setdefault(attempt, Course(attempt))

        job = self.job
        for submission in job.submissions:
            of(submission.attempt).submissions.append(submission)
        for state in job.states:
            of(state.attempt).states.append(state)
        for output in job.outputs:
            of(output.attempt).outputs[output.stage].append(output)
        for waiting in job.waits:
            of(waiting.attempt).waits.append(waiting)
        for lying in job.held:
            of(lying.attempt).held.append(lying)
        for letter in job.letters:
            of(letter.attempt).letters.append(letter)
        for course in found.values():
            self._tell(course)
        return dict(sorted(found.items()))

    @property
    def pipeline(self) -> Pipeline:
        return self.history.pipeline

    @property
    def outgrown(self) -> bool:
        """Whether the job was completed when the pipeline was shorter: other rules held then."""
        last = self.pipeline.stages[-1]
        return any(
            state.status == last.done.name and state.stage < last.index for state in self.job.states
        )

    def found(self, kind: Kind, attempt: int, text: str, *places: Position) -> Finding:
        """A fault of this job."""
        return Finding(kind, self.job.job_id, attempt, text, places)

    def name(self, stage: int) -> str:
        """What stage number *stage* is called."""
        stages = self.pipeline.stages
        return stages[stage - 1].name if 0 < stage <= len(stages) else f"stage {stage}"

    def done(self, course: Course, stage: int) -> int | None:
        """When *stage* completed the attempt (ms), as states and timelines tell; None: never."""
        return course.at(self.pipeline.stages[stage - 1].done.name)

    def whole(self, topic: str) -> bool:
        """Whether all that *topic* was ever given of the job was read."""
        return self.history.whole(topic, self.job.since)

    def redriven(self, course: Course) -> int:
        """The stage in which a command opened the attempt; 0: none did, or nobody can tell."""
        if course.attempt == 1 or course.submissions or not self.whole(self.pipeline.source):
            return 0
        return max(self._redriven_in(course), default=0)

    def _redriven_in(self, course: Course) -> Iterator[int]:
        before = course.attempt - 1
        yield from (waiting.stage for waiting in course.waits if waiting.opening)
        accepted = {r.kind for r in self.job.results if r.accepted and r.attempt == before}
        if REPROCESS in accepted:
            return  # from whichever stage was asked for: its record alone says which
        names = {stage.name: stage.index for stage in self.pipeline.stages}
        for result in self.job.results:
            if result.kind == RETRY and result.accepted and result.attempt == before:
                yield names.get(result.stage, 0)
        if before in self.courses:
            yield self.courses[before].failed_in(self.pipeline)

    def _tell(self, course: Course) -> None:
        """A timeline tells of the attempts before its own too, if a redrive went on with it."""
        timelines = self.job.timelines
        own = timelines.get(course.attempt)
        told = own if own is not None else timelines.get(max(timelines, default=0), ())
        course.steps = tuple(step for step in told if step.attempt == course.attempt)
        course.cut = len(told) >= MOST_STEPS
