"""What stands beside the pipeline: the scheduler with its rules, statistics with their image."""

from typing import Any

import pytest
import yaml
from support.chart.cases import BESIDE, OWN
from support.chart.render import CHART, Object, Pod, Refused, Rendered, render

from headway.declared.pipeline import Pipeline

_RULES = (CHART.parents[2] / "schemas/schedules.yaml").read_text(encoding="utf-8")


def _with(rules: str) -> Rendered:
    return render(OWN | {"scheduler": {"schedules": rules}})


def _mounted(pod: Pod) -> tuple[Object, str]:
    """The volume of the rules, and where the pod has it."""
    (volume,) = (each for each in pod.spec["volumes"] if each["name"] == "schedules")
    (mount,) = (each for each in pod.main["volumeMounts"] if each["name"] == "schedules")
    assert mount["readOnly"] is True
    return volume, mount["mountPath"]


def test_rules_of_a_file_are_what_the_scheduler_reads() -> None:
    """As they are, comments included: numbers and times mean what they meant in the file."""
    # Given rules as `--set-file` hands them over
    release = _with(_RULES)

    # When the file that the scheduler is told of is looked up
    pod = release.pod("scheduler")
    volume, folder = _mounted(pod)
    folder_told, _, name = pod.environment()["SCHEDULES_FILE"].rpartition("/")
    file = release.of("ConfigMap")["scheduler"]["data"][name]

    # Then it is mounted there, and says the same
    assert folder_told == folder
    assert volume["configMap"]["name"] == "jobs-headway-scheduler"
    assert file == _RULES


def test_other_rules_are_other_pods() -> None:
    """They are read once, at the start; a rollback brings the rules of before."""
    # Given two releases of other rules, and a third of the first
    told = [_with(f"rules: [{rule}]").pod("scheduler") for rule in ("", "{name: x}", "")]

    # When what their pods are made of is compared, then it differs with the rules alone
    first, second, third = (pod.metadata["annotations"] for pod in told)
    assert first == third
    assert first != second


def test_without_rules_the_declared_ones_are_read(own: Rendered) -> None:
    """Those of schemas/schedules.yaml travel with the image."""
    # Given a release that says none, when the scheduler is read, then it is told of no file
    pod = own.pod("scheduler")
    assert "SCHEDULES_FILE" not in pod.environment()
    assert "scheduler" not in own.of("ConfigMap")
    assert [volume["name"] for volume in pod.spec["volumes"]] == ["tmp"]


@pytest.mark.parametrize("said", ["schedules.yaml", "rules", "- name: a", "rules: ["])
def test_what_is_no_file_of_rules_is_refused(said: str) -> None:
    """The name of the file instead of what is in it, above all."""
    # Given a text without rules, when a release is asked for, then it says how to hand them over
    with pytest.raises(Refused, match=r"--set-file scheduler\.schedules=FILE"):
        _with(said)


@pytest.mark.parametrize("name", BESIDE)
def test_each_of_them_can_be_left_out(name: str, own: Rendered) -> None:
    """Nothing of it is left, and nothing else is another."""
    # Given a release without it
    without = render(OWN | {name: {"enabled": False}})

    # When objects are compared, then those of it are what is missing
    def told(release: Rendered) -> set[str]:
        return {yaml.safe_dump(each) for each in release.objects}

    gone = [yaml.safe_load(text) for text in told(own) - told(without)]
    assert told(without) <= told(own)
    component = "app.kubernetes.io/component"
    assert {each["metadata"]["labels"][component] for each in gone} == {name}
    assert {each["kind"] for each in gone} == {
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
        "StatefulSet",
    }


@pytest.mark.parametrize("name", BESIDE)
def test_they_have_no_more_pods_than_there_are_partitions_to_share(name: str) -> None:
    """As the group that each of them is shares a topic out."""
    # Given as many pods as partitions, when a release is rendered, then it has them
    assert name in Pipeline.load().groups
    assert render(OWN | {name: {"replicas": 6}}).of("StatefulSet")[name]["spec"]["replicas"] == 6

    # And one more is refused
    with pytest.raises(Refused, match=f"{name}: 7 pods for 6 partitions"):
        render(OWN | {name: {"replicas": 7}})


@pytest.mark.parametrize(
    ("image", "own", "expected"),
    [
        ({}, {}, "headway-statistics:0.1.0"),
        ({"repository": "r/headway", "tag": "7"}, {}, "r/headway-statistics:7"),
        ({"repository": "r/headway", "tag": "7"}, {"tag": "8"}, "r/headway-statistics:8"),
        ({"repository": "r/headway"}, {"repository": "r/sums"}, "r/sums:0.1.0"),
        ({"digest": f"sha256:{'0' * 64}"}, {}, "headway-statistics:0.1.0"),
        ({}, {"digest": f"sha256:{'1' * 64}"}, f"headway-statistics@sha256:{'1' * 64}"),
    ],
)
def test_statistics_have_an_image_of_their_own(
    image: dict[str, Any], own: dict[str, Any], expected: str
) -> None:
    """Beside the other one, by the same tag, unless values say where it is."""
    # Given what is said of both images, when the pod is read, then it is of that one
    release = render(OWN | {"image": image, "statistics": {"image": own}})
    assert release.pod("statistics").main["image"] == expected
    assert release.pod("scheduler").main["image"] == release.pod("p1").main["image"] != expected


def test_statistics_wait_for_topics_in_the_image_that_makes_them() -> None:
    """Theirs is for their work alone."""
    # Given a release whose topics come beside it, when what waits is read
    values = OWN | {"kafka": {"dev": {"enabled": True}}}
    release = render(values)
    (waiting,) = release.pod("statistics").spec["initContainers"]

    # Then it is the image of all others
    assert waiting["image"] == release.pod("p1").main["image"]
