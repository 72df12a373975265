"""The four questions of a pipeline: named answers, checked when they are read."""

import pytest

from headway.declared.pipeline import Pipeline
from headway.declared.questions import Questions


def test_the_pipeline_answers_all_four(pipeline: Pipeline) -> None:
    """As declared, nothing has an order."""
    # Given the pipeline, when its answers are read, then they are the usual ones
    assert pipeline.questions == Questions(
        depends="previous",
        ordering="none",
        parallel="by key",
        on_failure="retry, then dead letter",
    )


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        ("depends", "nothing", "depends: 'nothing' is no answer; there is 'previous'"),
        ("ordering", "total", "ordering: 'total' is no answer; there is 'none' or 'key'"),
        ("parallel", "all", "parallel: 'all' is no answer; there is 'by key'"),
        ("on_failure", "stop", "on_failure: 'stop' is no answer"),
    ],
)
def test_an_answer_that_is_none_is_refused(name: str, said: str, told: str) -> None:
    """The error names those there are."""
    # Given a declaration with it, when it is read, then it is refused
    with pytest.raises(ValueError, match=told):
        Questions.of({name: said})


def test_a_deployment_may_say_otherwise() -> None:
    """Empty is as declared."""
    # Given a pipeline in order, when deployments have their say, then it counts
    declared = Questions.of({"ordering": "key"})
    assert (declared.changed(""), declared.changed("none")) == ("key", "none")
    with pytest.raises(ValueError, match="no answer"):
        declared.changed("yes")
