"""How many pods there are, who says so, and that there are never more than partitions."""

from typing import Any

import pytest
from support.chart.cases import BESIDE, CASES, OWN
from support.chart.render import Object, Refused, Rendered, render

from headway.declared.pipeline import Pipeline
from tree import stages


def _scaled(mode: str, **said: Any) -> Rendered:
    return render({**OWN, "stageDefaults": {"autoscaling": {"mode": mode, **said}}})


def test_by_itself_a_stage_has_the_pods_that_values_say(own: Rendered) -> None:
    """Nobody needs an autoscaler."""
    # Given a release without one, when workloads are read, then they have their numbers
    assert not own.of("HorizontalPodAutoscaler") | own.of("ScaledObject")
    counts = {name: each["spec"]["replicas"] for name, each in own.of("StatefulSet").items()}
    assert counts == dict.fromkeys(["status", *BESIDE, *stages()], 2)


@pytest.mark.parametrize("mode", ["hpa", "keda"])
def test_where_something_else_counts_pods_the_release_does_not(mode: str) -> None:
    """An upgrade would set the number back."""
    # Given scaled stages, when their workloads are read, then no number is said
    workloads = _scaled(mode).of("StatefulSet")
    assert all("replicas" not in workloads[name]["spec"] for name in stages())
    assert workloads["status"]["spec"]["replicas"] == 2


def test_keda_looks_at_the_lag_of_the_source_alone() -> None:
    """What waits in tiers and commands waits on purpose, or for no pod."""
    # Given stages scaled by KEDA under a prefix
    kafka = {**OWN["kafka"], "topicPrefix": "a."}
    values = {**OWN, "kafka": kafka, "stageDefaults": {"autoscaling": {"mode": "keda"}}}
    objects = render(values).of("ScaledObject")

    # When their triggers are read, then each is of its group at its source
    for stage in Pipeline.load().stages:
        spec = objects[stage.name]["spec"]
        (trigger,) = spec["triggers"]
        assert trigger["type"] == "kafka"
        assert trigger["metadata"]["consumerGroup"] == f"a.{stage.name}"
        assert trigger["metadata"]["topic"] == f"a.{stage.source}"
        assert trigger["metadata"]["bootstrapServers"] == "kafka.example.com:9092"
        assert spec["scaleTargetRef"]["kind"] == "StatefulSet"
        assert spec["scaleTargetRef"]["name"] == f"jobs-headway-{stage.name}"

        # And there is always one, and never more than partitions
        assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (1, 6)
        assert "authenticationRef" not in trigger


def test_keda_is_let_in_by_the_secrets_of_the_services() -> None:
    """Nothing is said twice."""
    # Given a Kafka that asks for a certificate
    release = render(CASES["strimzi"])

    # When the trigger is read, then it goes in by it
    (trigger,) = release.of("ScaledObject")["p1"]["spec"]["triggers"]
    assert trigger["authenticationRef"] == {"name": "jobs-headway-kafka"}
    assert trigger["metadata"]["tls"] == "enable"
    assert _given(release) == {
        "ca": ("events-cluster-ca-cert", "ca.crt"),
        "cert": ("headway", "user.crt"),
        "key": ("headway", "user.key"),
    }


@pytest.mark.parametrize("username", ["", "me"])
def test_keda_says_the_password_as_services_do(username: str) -> None:
    """A name that no Secret has is no secret."""
    # Given a Kafka that asks for a password
    sasl = {"mechanism": "SCRAM-SHA-512", "secret": "s", "username": username}
    kafka = {**OWN["kafka"], "sasl": sasl}
    release = render({**OWN, "kafka": kafka, "stageDefaults": {"autoscaling": {"mode": "keda"}}})

    # When what KEDA is given is read, then it is that
    (trigger,) = release.of("ScaledObject")["p2"]["spec"]["triggers"]
    assert trigger["metadata"]["sasl"] == "scram_sha512"
    name = ("jobs-headway-kafka", "username") if username else ("s", "username")
    assert _given(release) == {"username": name, "password": ("s", "password")}
    if username:
        assert release.of("ConfigMap")["kafka"]["data"] == {"username": "me"}


def test_a_way_in_of_ones_own_is_taken() -> None:
    """For what is said in a file of options, which KEDA cannot read."""
    # Given one, when the trigger is read, then it is named, and none is made
    release = render(CASES["two-hosts"])
    (trigger,) = release.of("ScaledObject")["p1"]["spec"]["triggers"]
    assert trigger["authenticationRef"] == {"name": "ours"}
    assert not release.of("TriggerAuthentication")


def test_by_cpu_gateway_and_stages_are_scaled() -> None:
    """For whoever has no KEDA; status is not, for each of its pods does all of the work."""
    # Given both scaled by CPU, when the autoscalers are read, then there is one for each
    release = render(CASES["dressed"])
    targets = {
        name: (each["spec"]["scaleTargetRef"]["kind"], each["spec"]["minReplicas"])
        for name, each in release.of("HorizontalPodAutoscaler").items()
    }
    assert targets == {
        "gateway": ("Deployment", 2),
        **dict.fromkeys([*stages(), "extra"], ("StatefulSet", 1)),
    }


@pytest.mark.parametrize("mode", ["hpa", "keda"])
def test_pods_go_one_at_a_time_and_not_at_once(mode: str) -> None:
    """Each that goes moves its partitions to the others."""
    # Given scaled stages, when how they shrink is read
    release = _scaled(mode, scaleDownStabilizationSeconds=60)
    if mode == "hpa":
        behavior = release.of("HorizontalPodAutoscaler")["p1"]["spec"]["behavior"]
    else:
        advanced = release.of("ScaledObject")["p1"]["spec"]["advanced"]
        behavior = advanced["horizontalPodAutoscalerConfig"]["behavior"]

    # Then it is by one a minute, after what values say
    assert behavior["scaleDown"] == {
        "stabilizationWindowSeconds": 60,
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
    }


def test_no_look_is_held_against_a_stage_without_pods() -> None:
    """A transaction leaves a lag of 1 a partition: nobody would ever scale to none."""
    # Given a least number of none, when a release is asked for, then the schema refuses it
    with pytest.raises(Refused, match="minReplicas"):
        _scaled("keda", minReplicas=0)


@pytest.mark.parametrize(
    ("stage", "kafka", "words"),
    [
        ({"replicas": 7}, {}, "7 pods for 6 partitions"),
        ({"autoscaling": {"mode": "keda", "maxReplicas": 7}}, {}, "7 pods for 6 partitions"),
        ({"autoscaling": {"mode": "hpa", "maxReplicas": 13}}, {"partitions": 12}, "13 pods for 12"),
        (
            {"autoscaling": {"mode": "hpa", "minReplicas": 5, "maxReplicas": 4}},
            {},
            "more than maxReplicas, 4",
        ),
        (
            {"autoscaling": {"mode": "keda"}},
            {"optionsSecret": "o"},
            "name a TriggerAuthentication",
        ),
    ],
)
def test_pods_that_would_have_nothing_to_do_are_refused(
    stage: Object, kafka: Object, words: str
) -> None:
    """And whatever else cannot work, with what to do."""
    # Given such values, when a release is asked for, then it is refused
    values = {**OWN, "kafka": {**OWN["kafka"], **kafka}, "stages": {"p2": stage}}
    with pytest.raises(Refused) as refused:
        render(values)
    assert words in str(refused.value)


def test_more_partitions_let_more_pods_in() -> None:
    """As many as there are."""
    # Given twelve partitions, when twelve pods are asked for, then they are rendered
    kafka = {**OWN["kafka"], "partitions": 12}
    release = render({**OWN, "kafka": kafka, "stageDefaults": {"replicas": 12}})
    assert release.of("StatefulSet")["p1"]["spec"]["replicas"] == 12


def test_where_there_are_several_pods_one_may_be_away(case: Rendered) -> None:
    """Of one alone nothing is promised; one that is not ready keeps no node from being emptied."""
    # Given how many pods each service may have
    budgets = case.of("PodDisruptionBudget")
    for name in ("gateway", "status", *BESIDE, *stages()):
        kind = "Deployment" if name == "gateway" else "StatefulSet"
        several = case.of(kind)[name]["spec"].get("replicas", 2) > 1

        # When its budget is looked for, then there is one where there are several
        assert (name in budgets) is several
    for each in budgets.values():
        assert each["spec"]["maxUnavailable"] == 1
        assert each["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def _given(release: Rendered) -> dict[str, tuple[str, str]]:
    spec = release.of("TriggerAuthentication")["kafka"]["spec"]
    parts = [*spec["secretTargetRef"], *spec.get("configMapTargetRef", ())]
    return {each["parameter"]: (each["name"], each["key"]) for each in parts}
