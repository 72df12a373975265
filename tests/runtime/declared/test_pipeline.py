"""The declared pipeline: names, order and percents."""

from pathlib import Path

import pytest

from headway.declared.pipeline import Pipeline

_PIPELINE = """
queued: {{status: QUEUED, progress: 0, source: in}}
stages:
  - {{name: a, source: in, sink: mid, dead_letters: a.dlq,
      running: {{status: A, progress: {a}}}, done: {{status: A_DONE, progress: {a_done}}}}}
  - {{name: b, source: {b_source}, sink: out, dead_letters: b.dlq,
      running: {{status: B, progress: {b}}}, done: {{status: DONE, progress: 100}}{window}}}
ordering: {ordering}
failed: FAILED
retry_scheduled: LATER
cancelled: CANCELLED
scheduled: HELD
retry: {{delays: [1 s], tries: 1, jitter: 0, deadline: 1 h}}
state: state
progress: progress
commands: commands
results: results
reports: reports
windows: windows
schedule_rules: schedule-rules
schedule_commands: schedule-commands
schedule_pending: schedule-pending
statistics: statistics
statistics_lives: lives
"""
_FIT = {"a": 10, "a_done": 40, "b_source": "mid", "b": 60}


def test_the_percents_and_names_are_those_users_were_promised(pipeline: Pipeline) -> None:
    """Every name is part of the API: a change here breaks clients."""
    # Given the pipeline, when its names and percents are listed
    percents = {pipeline.queued.name: pipeline.queued.progress}
    for stage in pipeline.stages:
        percents |= {s.name: s.progress for s in (stage.running, stage.done)}

    # Then the promised ones are among them; a further stage only adds some
    promised = {
        "QUEUED": 0,
        "PROCESS_1_RUNNING": 30,
        "PROCESS_1_DONE": 50,
        "PROCESS_2_RUNNING": 70,
        "COMPLETED": 100,
    }
    assert percents.items() >= promised.items()
    aside = ("FAILED", "RETRY_SCHEDULED", "CANCELLED", "SCHEDULED")
    assert pipeline.statuses == (*percents, *aside)


def test_stages_are_counted_and_the_last_is_known(tmp_path: Path) -> None:
    """The index orders states; the last stage's end is the job's end."""
    # Given a pipeline, when its stages are listed, then they are in order
    pipeline = _load(tmp_path, _FIT)
    listed = [(stage.name, stage.index, stage.last) for stage in pipeline.stages]
    assert listed == [("a", 1, False), ("b", 2, True)]
    assert pipeline.stage("b") is pipeline.stages[1]


def test_an_undeclared_stage_is_an_error(pipeline: Pipeline) -> None:
    """A service that calls itself what nobody declared does not start."""
    # Given the pipeline, when another stage is asked for, then its name is in the error
    with pytest.raises(KeyError, match="p9"):
        pipeline.stage("p9")


@pytest.mark.parametrize(
    ("fraction", "percent"),
    [(0.0, 30), (0.5, 40), (0.049, 30), (0.05, 31), (0.999, 49), (1.0, 49), (7.0, 49), (-1.0, 30)],
)
def test_a_fraction_of_a_stage_is_a_percent_between_its_own(
    pipeline: Pipeline, fraction: float, percent: int
) -> None:
    """The end of a stage is told by its state alone: progress never reaches it."""
    # Given a stage from 30 to 50, when its handler reports, then the percent lies between
    assert pipeline.stage("p1").percent(fraction) == percent


def test_a_sound_declaration_is_taken(tmp_path: Path) -> None:
    """The checks below fail for the fault they name and for no other reason."""
    # Given a declaration that fits, when it is loaded, then it is taken
    assert [s.name for s in _load(tmp_path, _FIT).stages] == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"b_source": "elsewhere"}, "stage b reads elsewhere, but mid is written"),
        ({"a": 0}, "stage a: percents must rise from 0"),
        ({"a_done": 10}, "stage a: percents must rise from 0"),
        ({"b": 40}, "stage b: percents must rise from 40"),
        ({"b": 100}, "stage b: percents must rise from 40"),
    ],
)
def test_a_declaration_that_does_not_fit_together_is_refused(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    """A chain with a gap, or a percent that falls, is found at the start."""
    # Given a declaration with a fault, when it is loaded, then the stage and the rule are named
    with pytest.raises(ValueError, match=words):
        _load(tmp_path, _FIT | change)


def test_a_window_is_declared_at_its_stage(tmp_path: Path) -> None:
    """The other stages have none."""
    # Given, when
    pipeline = _load(tmp_path, _FIT, window='{open: "22:00-06:00 Europe/Berlin"}')

    # Then
    assert [stage.window is None for stage in pipeline.stages] == [True, False]


@pytest.mark.parametrize(
    ("window", "ordering", "told"),
    [
        ("{open: nightly}", "none", "stage b: window: open: 'nightly'"),
        ('{open: "22:00-06:00 UTC"}', "key", "stage b: a window holds jobs aside"),
    ],
)
def test_a_window_that_cannot_be_is_refused_with_its_stage(
    tmp_path: Path, window: str, ordering: str, told: str
) -> None:
    """None of that form; or one where order matters, which it would break."""
    # Given, when, then
    with pytest.raises(ValueError, match=told):
        _load(tmp_path, _FIT, window=window, ordering=ordering)


def _load(
    root: Path, numbers: dict[str, object], *, window: str = "", ordering: str = "none"
) -> Pipeline:
    said = {"window": f", window: {window}" if window else "", "ordering": ordering}
    (root / "pipeline.yaml").write_text(_PIPELINE.format(**numbers, **said), encoding="utf-8")
    return Pipeline.load(root)
