"""The pipeline as declared in `pipeline.yaml`: its stages in order and every status of a job."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from headway.declared.backoff import Backoff
from headway.declared.declarations import schemas_root
from headway.declared.questions import KEY, Questions
from headway.declared.window import Window

#: Why a stage has no window where order matters, and what to do.
_WINDOW_OR_ORDER: Final = (
    "a window holds jobs aside, so the later ones of their order key would go before them; leave "
    "out `window`, or `ordering: key`"
)


@dataclass(frozen=True, slots=True)
class Status:
    """A status name and the percent of the whole job it stands for."""

    name: str
    progress: int


@dataclass(frozen=True, slots=True)
class StageDeclaration:
    """One stage: what it reads, what it writes and what a job is called meanwhile.

    `index` counts from 1; topic names are logical ones.
    """

    name: str
    index: int
    source: str
    sink: str
    dead_letters: str
    running: Status
    done: Status
    last: bool
    retry: Backoff
    window: Window | None = None

    @property
    def retry_topics(self) -> tuple[str, ...]:
        """Where jobs wait to be tried again, a topic for each delay of `retry`."""
        return tuple(f"{self.name}.retry.{n}" for n, _ in enumerate(self.retry.delays_seconds, 1))

    @property
    def held(self) -> str:
        """Where jobs wait for their time, or for the stage's window."""
        return f"{self.name}.held"

    @property
    def label(self) -> str:
        """What people call the stage: by `PROCESS_2_RUNNING` it is Process 2 that runs."""
        return self.running.name.removesuffix("_RUNNING").replace("_", " ").capitalize()

    def percent(self, fraction: float) -> int:
        """Overall percent for *fraction* (0 to 1) of this stage; stays below `done`.

        No number at all (NaN, as of nothing divided by nothing) is no progress.
        """
        span = self.done.progress - self.running.progress
        if math.isnan(fraction):
            return self.running.progress
        inside = int(min(max(fraction, 0.0), 1.0) * span)
        return self.running.progress + min(inside, span - 1)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """All stages in order; behind `scheduled` follow the logical names of topics."""

    queued: Status
    source: str
    stages: tuple[StageDeclaration, ...]
    failed: str
    retry_scheduled: str
    cancelled: str
    scheduled: str
    state: str
    progress: str
    commands: str
    results: str
    reports: str
    windows: str
    schedule_rules: str
    schedule_commands: str
    schedule_pending: str
    statistics: str
    statistics_lives: str
    questions: Questions = field(default_factory=Questions)

    @staticmethod
    def load(root: Path | None = None) -> "Pipeline":
        """Read the declaration.

        Raises:
            ValueError: percents do not rise, a stage does not read what the one before writes, or
                has a window that is none.
        """
        declared = yaml.safe_load(
            ((root or schemas_root()) / "pipeline.yaml").read_text(encoding="utf-8")
        )
        return _build(declared)

    @property
    def steps(self) -> tuple[str, ...]:
        """The statuses of a job that all goes well with, in their order."""
        steps = [status.name for stage in self.stages for status in (stage.running, stage.done)]
        return (self.queued.name, *steps)

    @property
    def statuses(self) -> tuple[str, ...]:
        """Every status name, in the order a job may meet them."""
        aside = (self.failed, self.retry_scheduled, self.cancelled, self.scheduled)
        return (*self.steps, *aside)

    @property
    def groups(self) -> dict[str, str]:
        """Of each service whose instances are a group: the topic whose partitions they share."""
        stages = {stage.name: stage.source for stage in self.stages}
        return {**stages, "scheduler": self.state, "statistics": self.reports}

    def stage(self, name: str) -> StageDeclaration:
        """The stage called *name*.

        Raises:
            KeyError: the pipeline declares no such stage.
        """
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(name)


def _build(declared: dict[str, Any]) -> Pipeline:
    queued = declared["queued"]
    rows = declared["stages"]
    retry = declared["retry"]
    stages = tuple(
        _stage({"retry": retry, **row}, index, len(rows)) for index, row in enumerate(rows, 1)
    )
    pipeline = Pipeline(
        queued=Status(queued["status"], queued["progress"]),
        source=queued["source"],
        stages=stages,
        failed=declared["failed"],
        retry_scheduled=declared["retry_scheduled"],
        cancelled=declared["cancelled"],
        scheduled=declared["scheduled"],
        state=declared["state"],
        progress=declared["progress"],
        commands=declared["commands"],
        results=declared["results"],
        reports=declared["reports"],
        windows=declared["windows"],
        schedule_rules=declared["schedule_rules"],
        schedule_commands=declared["schedule_commands"],
        schedule_pending=declared["schedule_pending"],
        statistics=declared["statistics"],
        statistics_lives=declared["statistics_lives"],
        questions=Questions.of(declared),
    )
    _check(pipeline)
    return pipeline


def _stage(row: dict[str, Any], index: int, count: int) -> StageDeclaration:
    return StageDeclaration(
        name=row["name"],
        index=index,
        source=row["source"],
        sink=row["sink"],
        dead_letters=row["dead_letters"],
        running=Status(row["running"]["status"], row["running"]["progress"]),
        done=Status(row["done"]["status"], row["done"]["progress"]),
        last=index == count,
        retry=Backoff.of(row["retry"]),
        window=_window(row),
    )


def _window(row: dict[str, Any]) -> Window | None:
    if "window" not in row:
        return None
    try:
        return Window.of(row["window"])
    except ValueError as error:
        raise ValueError(f"stage {row['name']}: window: {error}") from error


def _check(pipeline: Pipeline) -> None:
    source, percent = pipeline.source, pipeline.queued.progress
    for stage in pipeline.stages:
        if stage.source != source:
            raise ValueError(f"stage {stage.name} reads {stage.source}, but {source} is written")
        if not percent < stage.running.progress < stage.done.progress:
            raise ValueError(f"stage {stage.name}: percents must rise from {percent}")
        if stage.window is not None and pipeline.questions.ordering == KEY:
            raise ValueError(f"stage {stage.name}: {_WINDOW_OR_ORDER}")
        source, percent = stage.sink, stage.done.progress
