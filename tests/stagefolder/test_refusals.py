"""Which stages are not written, and how far jobs are in those that are."""

from pathlib import Path

import pytest

from headway.declared.pipeline import Pipeline
from newstage import naming
from newstage.plan import Plan, Refused

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["", "P3", "3p", "p-3", "p_3", "a b", "../p3", "p" * 31])
def test_a_name_that_no_package_and_topic_can_have_is_refused(name: str) -> None:
    """It becomes a folder, a module, a group and three topics."""
    # Given a name, when it is checked, then it is refused with what names are like
    with pytest.raises(Refused, match="lower-case letters and digits, a letter first"):
        naming.check(_ROOT, name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("p2", "p2 is there already: services/p2"),
        ("status", "status is there already: services/status"),
        ("schemas", "schemas is taken: tests/schemas"),
        ("job", "job is taken: demo/job.py"),
        ("json", "json is taken: Python or an installed package has a module of that name"),
        ("polars", "polars is taken"),
        ("class", "class is taken"),
    ],
)
def test_a_name_that_something_has_is_refused(name: str, words: str) -> None:
    """Two packages of one name hide each other."""
    # Given a name, when it is checked, then whoever has it is named
    with pytest.raises(Refused, match=words):
        naming.check(_ROOT, name)


def test_a_name_that_nobody_has_is_taken() -> None:
    """The refusals are for the reasons they name and for no other."""
    # Given a free name, when it is checked, then nothing is said
    naming.check(_ROOT, "p17")


def test_no_percent_told_so_far_moves_and_the_new_ones_rise() -> None:
    """A job under way at the deployment does not fall back."""
    # Given the pipeline, when a stage is planned behind it
    pipeline = Pipeline.load()
    last = pipeline.stages[-1]
    plan = Plan.behind_the_last("p17", pipeline)

    # Then it takes its room between the start of the last stage and the end
    assert plan.done == last.done
    percents = [last.running, plan.before_done, plan.running, plan.done]
    assert [status.progress for status in percents] == sorted({s.progress for s in percents})
    assert plan.before_done.name not in pipeline.statuses
    assert plan.steps == (
        *pipeline.steps[:-1],
        plan.before_done.name,
        plan.running.name,
        "COMPLETED",
    )
