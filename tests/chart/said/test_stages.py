"""A further stage is a line of values, which is generated: no template knows stages by name."""

import pytest
import yaml
from support.chart.cases import OWN, SERVICES
from support.chart.render import CHART, Object, Refused, Rendered, render

from headway.declared.pipeline import Pipeline

_EXTRA = {"source": "jobs.p2-done", "settings": {"HTTP_PORT": 9120, "DRAIN_SECONDS": 60}}


@pytest.fixture
def three() -> Rendered:
    """A release with a third stage, scaled as the others are."""
    scaled = {"autoscaling": {"mode": "keda"}}
    return render({**OWN, "stageDefaults": scaled, "stages": {"extra": _EXTRA}})


def test_the_stages_are_those_of_the_pipeline() -> None:
    """In their order, each with the topic it reads."""
    # Given the pipeline, when values are read, then its stages are there
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    sources = {name: stage["source"] for name, stage in values["stages"].items()}
    assert list(sources.items()) == [(s.name, s.source) for s in Pipeline.load().stages]


@pytest.mark.parametrize(
    "kind",
    ["StatefulSet", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget", "ScaledObject"],
)
def test_a_third_stage_has_all_that_the_second_has(kind: str, three: Rendered) -> None:
    """By values alone."""
    # Given a third stage, when objects of a kind are compared
    second, third = (three.of(kind)[name] for name in ("p2", "extra"))

    # Then it differs by what was said of it, and by its name
    def text(each: Object) -> str:
        return yaml.safe_dump(each)

    expected = text(second).replace("p2", "extra").replace("p1-done", "p2-done")
    expected = expected.replace("9102", "9120")
    expected = expected.replace("terminationGracePeriodSeconds: 30", _grace(70))
    expected = expected.replace("name: DRAIN_SECONDS\n          value: '20'", _drain("60"))
    assert text(third) == expected


def _grace(seconds: int) -> str:
    return f"terminationGracePeriodSeconds: {seconds}"


def _drain(seconds: str) -> str:
    return f"name: DRAIN_SECONDS\n          value: '{seconds}'"


def test_a_third_stage_is_found_by_its_pods(three: Rendered) -> None:
    """As the StatefulSet says, and at the port it was given."""
    # Given a third stage, when the Service of its pods is read, then it is the one it names
    service = three.of("Service")["extra-pods"]["spec"]
    assert service["clusterIP"] == "None"
    assert service["ports"][0]["port"] == 9120
    assert three.of("StatefulSet")["extra"]["spec"]["serviceName"] == "jobs-headway-extra-pods"


def test_a_stage_can_be_left_out() -> None:
    """One that somebody runs elsewhere."""
    # Given a stage that is nothing, when a release is rendered, then it has none of it
    release = render({**OWN, "stages": {"p1": None}})
    assert sorted(release.of("StatefulSet")) == sorted({*SERVICES} - {"gateway", "p1"})


def test_a_stage_of_a_topic_that_nobody_declared_says_its_partitions() -> None:
    """The chart does not know how many pods it may have."""
    # Given a stage that reads something else, when a release is asked for, then it is refused
    stage = {"source": "orders", "settings": {"HTTP_PORT": 9200}}
    with pytest.raises(Refused, match=r"orders is no declared topic; say kafka\.partitions"):
        render({**OWN, "stages": {"other": stage}})
