"""What is sent to a cluster: objects that it takes, each its own, all of the release."""

from collections import Counter

import pytest
from support.chart.cases import CASES
from support.chart.render import CHART, NAMESPACE, RELEASE, VERSIONS, Rendered, lint, render
from support.chart.validity import faults

#: What a release does not say the namespace of is somebody else's.
_ELSEWHERE = {"KafkaTopic"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", CASES)
def test_every_object_is_one_that_a_cluster_takes(
    name: str, version: str, matrix: dict[tuple[str, str], Rendered]
) -> None:
    """By the schemas of its version, without a field that nobody knows."""
    # Given a release, when its objects are held against the schemas, then all of them fit
    objects = matrix[name, version].objects
    assert objects
    found = {each["metadata"]["name"]: faults(each, version) for each in objects}
    assert {name: told for name, told in found.items() if told} == {}


@pytest.mark.parametrize("name", CASES)
def test_helm_finds_nothing_to_complain_of(name: str) -> None:
    """`helm lint --strict` as CI of whoever keeps charts runs it."""
    # Given values, when helm looks the chart over, then it does not refuse it
    lint(CASES[name])


def test_no_object_is_there_twice(case: Rendered) -> None:
    """The second would be refused, or hide the first."""
    # Given a release, when kinds and names are counted, then each pair is there once
    counts = Counter((each["kind"], each["metadata"]["name"]) for each in case.objects)
    assert [pair for pair, count in counts.items() if count > 1] == []


def test_every_object_is_labelled_and_in_the_namespace(case: Rendered) -> None:
    """So that it is found, and removed with the others."""
    # Given a release, when namespaces and labels are read
    for each in case.objects:
        metadata = each["metadata"]

        # Then they are those of the release
        if each["kind"] not in _ELSEWHERE:
            assert metadata["namespace"] == NAMESPACE
        assert metadata["labels"]["app.kubernetes.io/instance"] == RELEASE
        assert metadata["labels"]["app.kubernetes.io/managed-by"] == "Helm"


def test_names_leave_room_for_what_is_put_behind_them() -> None:
    """A StatefulSet's pods have a label of its name and a hash, 63 characters at most."""
    # Given a release and a chart of long names
    values = CASES["least"] | {"fullnameOverride": "a" * 60}

    # When it is rendered, then every name is short enough
    names = [each["metadata"]["name"] for each in render(values).objects]
    assert max(map(len, names)) <= 52 + len("-pods")


def test_selectors_find_the_pods_they_are_about(case: Rendered) -> None:
    """A Service, a budget or a workload that selects nothing does nothing."""
    # Given the labels of all pods
    pods = [pod.metadata["labels"] for pod in case.pods()]

    # When what each object selects is looked for, then there are pods of it
    for each in case.objects:
        spec = each.get("spec") or {}
        selector = spec.get("selector") or spec.get("podSelector")
        if selector:
            wanted = selector.get("matchLabels", selector)
            assert any(wanted.items() <= labels.items() for labels in pods), each["metadata"]


def test_the_chart_is_of_the_release_of_the_services() -> None:
    """Where values name no image tag, it is that of the chart's own release."""
    # Given the version of the library
    project = (CHART.parents[2] / "runtime/pyproject.toml").read_text(encoding="utf-8")

    # When the chart is read, then it says the same
    line = next(line for line in project.splitlines() if line.startswith("version = "))
    version = line.partition('"')[2].rstrip('"')
    assert f"appVersion: {version}\n" in (CHART / "Chart.yaml").read_text(encoding="utf-8")
