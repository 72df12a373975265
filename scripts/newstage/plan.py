"""What a new stage is called, reads and writes, and how far a job is in it."""

from dataclasses import dataclass

from headway.declared.pipeline import Pipeline, StageDeclaration, Status

#: The port of the first stage is one above.
_PORTS_FROM = 9100


class Refused(Exception):  # noqa: N818 - no error: the answer to a name that cannot be
    """Why there will be no such stage, and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A stage *name* behind *before*, the last one until now.

    `before_done` is what that one's end is called from now on: the job's end is the new one's.
    """

    name: str
    index: int
    before: StageDeclaration
    before_done: Status
    running: Status
    done: Status
    #: Every status of a job that all goes well with.
    steps: tuple[str, ...]
    #: The topics of states, of progress, of commands, of their results, of reports and of windows.
    state: str
    progress: str
    commands: str
    results: str
    reports: str
    windows: str
    #: Of each stage before: what it reads, and its first tier. Jobs may begin there again.
    begins: tuple[tuple[str, str], ...]

    @staticmethod
    def behind_the_last(name: str, pipeline: Pipeline) -> "Plan":
        """The plan, in which every percent told so far stays what it is.

        So jobs under way at the deployment do not fall back. The new ones lie in thirds between the
        last stage's start and the end.

        Raises:
            Refused: there is no whole percent left between them.
        """
        last, index = pipeline.stages[-1], len(pipeline.stages) + 1
        third = (last.done.progress - last.running.progress) // 3
        if not third:
            raise Refused(
                f"no percent is left between {last.running.name} {last.running.progress} and "
                f"{last.done.name} {last.done.progress}: spread those of schemas/pipeline.yaml"
            )
        start = last.running.progress
        before_done = Status(f"{last.running.name.removesuffix('_RUNNING')}_DONE", start + third)
        running = Status(f"PROCESS_{index}_RUNNING", start + 2 * third)
        steps = (*pipeline.steps[:-1], before_done.name, running.name, last.done.name)
        of_jobs = (pipeline.state, pipeline.progress, pipeline.commands, pipeline.results)
        topics = (*of_jobs, pipeline.reports, pipeline.windows)
        begins = tuple((stage.source, stage.retry_topics[0]) for stage in pipeline.stages)
        return Plan(name, index, last, before_done, running, last.done, steps, *topics, begins)

    @property
    def source(self) -> str:
        return self.before.sink

    @property
    def sink(self) -> str:
        return f"jobs.{self.name}-done"

    @property
    def dead_letters(self) -> str:
        return f"{self.name}.dlq"

    @property
    def held(self) -> str:
        """Where its jobs wait for their time, or for a window."""
        return f"{self.name}.held"

    @property
    def retry_topics(self) -> dict[str, str]:
        """Where its jobs wait to be tried again, each beside that of the stage before."""
        return {
            topic: topic.replace(f"{self.before.name}.", f"{self.name}.", 1)
            for topic in self.before.retry_topics
        }

    @property
    def record(self) -> str:
        """The record in the sink, without its version."""
        return f"{self.name}-done"

    @property
    def port(self) -> int:
        """Of health and metrics, as the demo and the settings of the others have it."""
        return _PORTS_FROM + self.index
