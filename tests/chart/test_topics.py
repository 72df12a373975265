"""Who makes the topics, when, and that nobody removes them."""

from typing import Any

import pytest
from support.chart.cases import BESIDE, CASES, FRONT, OWN, SERVICES
from support.chart.render import CHART, Object, Refused, Rendered, notes, render

from headway.declared.catalog import Catalog
from headway.topics.differences import wanted_config

_HOOK = "helm.sh/hook"


def _annotations(release: Rendered, kind: str, name: str) -> Object:
    found: Object = release.of(kind)[name]["metadata"].get("annotations", {})
    return found


def test_a_job_makes_topics_before_the_services_start(own: Rendered) -> None:
    """At each install and upgrade, and configurations are brought up to the declarations."""
    # Given a release on somebody's Kafka, when its Job is read
    pod = own.pod("topics")

    # Then it comes before everything else, with what it needs of its own
    for kind in ("Job", "ServiceAccount", "NetworkPolicy"):
        assert _annotations(own, kind, "topics")[_HOOK] == "pre-install,pre-upgrade"
    weights = {k: int(_annotations(own, k, "topics")[f"{_HOOK}-weight"]) for k in _PARTS}
    assert weights["ServiceAccount"] == weights["NetworkPolicy"] < weights["Job"]
    assert pod.main["command"] == ["python", "-m", "headway.provision", "--alter"]

    # And services need not wait
    assert [p.name for p in own.pods() if "initContainers" in p.spec] == []


_PARTS = ("Job", "ServiceAccount", "NetworkPolicy")


@pytest.mark.parametrize("kind", _PARTS)
def test_nothing_of_the_job_is_left(own: Rendered, kind: str) -> None:
    """Not after it went well, nor after it failed: helm has printed what it said."""
    # Given each of its parts, when its end is read, then it goes
    policy = _annotations(own, kind, "topics")[f"{_HOOK}-delete-policy"].split(",")
    assert set(policy) == {"before-hook-creation", "hook-succeeded", "hook-failed"}
    assert _annotations(own, kind, "topics")[f"{_HOOK}-output-log-policy"] == "hook-failed"


def test_what_does_not_fit_is_not_tried_again(own: Rendered) -> None:
    """Exit code 2: another try finds the same. A pod that failed stays, for what it said."""
    # Given the Job, when its way to fail is read, then 2 ends it at once
    spec = own.of("Job")["topics"]["spec"]
    (rule,) = spec["podFailurePolicy"]["rules"]
    assert (rule["action"], rule["onExitCodes"]["values"]) == ("FailJob", [2])
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


@pytest.mark.parametrize(
    ("topics", "options"),
    [({"alter": False}, []), ({"grow": True}, ["--alter", "--grow"])],
)
def test_what_the_job_may_do_is_said(topics: Object, options: list[str]) -> None:
    """Some clusters let nobody alter topics; partitions are added while nothing runs."""
    # Given what it may do, when the Job is read, then it does that
    pod = render(OWN | {"topics": topics}).pod("topics")
    assert pod.main["command"] == ["python", "-m", "headway.provision", *options]


def test_a_release_can_stand_still() -> None:
    """For partitions to be added, all pods go, and nothing else does."""
    # Given no pods, when a release is rendered, then every workload is there, with none
    none = {"replicas": 0}
    said = dict.fromkeys([*FRONT, *BESIDE, "stageDefaults"], none)
    release = render(OWN | said)
    workloads = {**release.of("Deployment"), **release.of("StatefulSet")}
    assert {each["spec"]["replicas"] for each in workloads.values()} == {0}
    assert workloads.keys() == set(SERVICES)


def test_behind_a_broker_of_the_release_the_job_comes_beside_it() -> None:
    """Before the release there is no broker; a Job cannot be changed, so each revision has one."""
    # Given a release with its own Kafka
    release = render(CASES["try"])

    # When its Job is read, then it is no hook, and named by the revision
    assert _HOOK not in _annotations(release, "Job", "topics-1")
    for kind in ("ServiceAccount", "NetworkPolicy"):
        assert _HOOK not in _annotations(release, kind, "topics")


@pytest.mark.parametrize("name", ["try", "kept", "strimzi"])
def test_services_wait_for_topics_that_may_not_be_there_yet(name: str) -> None:
    """Instead of refusing to start until somebody has made them."""
    # Given a release whose topics are made beside it, when pods of services are read
    release = render(CASES[name])

    # Then each waits first, and creates nothing
    for service in SERVICES:
        (waiting,) = release.pod(service).spec["initContainers"]
        assert waiting["command"] == ["python", "-m", "headway.provision", "--wait", "300"]


def test_strimzi_is_told_the_declared_topics() -> None:
    """All of them, with partitions, copies and every option."""
    # Given a release that leaves topics to Strimzi
    release = render(CASES["strimzi"])
    topics = {each["spec"]["topicName"]: each for each in release.of("KafkaTopic").values()}

    # When they are compared with the declarations, then they are those
    catalog = Catalog.load()
    assert topics.keys() == catalog.topics.keys()
    for name, topic in catalog.topics.items():
        spec = topics[name]["spec"]
        assert (spec["partitions"], spec["replicas"]) == (topic.partitions, 3)
        assert spec["config"] == wanted_config(topic, copies=3)

    # And they are the operator's to find
    metadata = topics["job-state"]["metadata"]
    assert metadata["labels"]["strimzi.io/cluster"] == "events"
    assert metadata["namespace"] == "kafka"


def test_a_prefix_and_another_number_of_partitions_are_strimzi_s_too() -> None:
    """The object's name is one that Kubernetes takes, whatever the topic's is."""
    # Given a prefix that no object may be named by
    kafka = {**CASES["strimzi"]["kafka"], "topicPrefix": "Team_A.", "partitions": 24}
    release = render({**CASES["strimzi"], "kafka": kafka | {"minInsyncReplicas": 0}})

    # When a topic is read, then it has both names, and one copy in sync less than there are
    topic = release.of("KafkaTopic")["team-a.job-state"]
    assert topic["spec"]["topicName"] == "Team_A.job-state"
    assert topic["spec"]["partitions"] == 24
    assert topic["spec"]["config"]["min.insync.replicas"] == "2"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"topics": {"manage": "strimzi"}}, "topics.strimzi.cluster"),
        (
            {
                "topics": {"manage": "strimzi", "strimzi": {"cluster": "c"}},
                "kafka": {"bootstrapServers": "a:1", "replicationFactor": 0},
            },
            "how many copies",
        ),
        (
            {
                "topics": {"manage": "strimzi", "strimzi": {"cluster": "c"}},
                "kafka": {"dev": {"enabled": True}},
            },
            "say job",
        ),
    ],
)
def test_topics_that_nobody_would_make_are_refused(values: dict[str, Any], words: str) -> None:
    """With what to say instead."""
    # Given such values, when a release is asked for, then it is refused
    with pytest.raises(Refused) as refused:
        render({**OWN, **values})
    assert words in str(refused.value)


def test_uninstalling_leaves_topics_and_files(case: Rendered) -> None:
    """Jobs outlive the release that worked on them."""
    # Given all that helm is told to keep
    kept = {
        (each["kind"], each["metadata"]["name"].removeprefix("jobs-headway-"))
        for each in case.objects
        if each["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == "keep"
    }

    # When it is looked at, then it is what holds jobs and their files, and nothing else
    topics = {("KafkaTopic", name) for name in case.of("KafkaTopic")}
    files = {("PersistentVolumeClaim", name) for name in case.of("PersistentVolumeClaim")}
    assert kept == topics | files


def test_what_is_left_is_told_and_how_to_remove_it() -> None:
    """By the notes, and by the chart's README."""
    # Given a release for a try, when its notes are read, then they name what is left
    told = " ".join(notes(CASES["try"]).split())
    assert "Uninstalling leaves the topics, the volumes of status, that of the files" in told

    # And the README has the commands
    page = (CHART / "README.md").read_text(encoding="utf-8")
    assert "kubectl delete pvc" in page
    assert "kafka-topics.sh" in page
