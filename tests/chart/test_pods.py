"""What holds for every pod that a release may start, and for those of the services."""

import re

from support.chart.cases import BESIDE, OWN, SERVICES
from support.chart.render import Pod, Rendered, render

from tree import apart, module_of


def _services(release: Rendered) -> list[Pod]:
    return [pod for pod in release.pods() if pod.name in SERVICES]


def test_every_pod_is_as_restricted_as_kubernetes_knows(release: Rendered) -> None:
    """PodSecurity `restricted`, and a root file system that cannot be written."""
    # Given every pod, those of hooks and of the development Kafka included
    for pod in release.pods():
        # When it is looked at, then it is a user's own by number, on the usual system calls
        context = pod.spec["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}

        # And each container can neither rise nor write to what it is made of
        for container in pod.containers:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys()
        assert all("hostPath" not in volume for volume in pod.spec.get("volumes", ()))


def test_every_pod_has_an_account_of_its_own_and_no_token(release: Rendered) -> None:
    """Nothing here speaks to Kubernetes."""
    # Given every pod, when its account is looked up
    accounts = release.of("ServiceAccount")
    used = [pod.spec["serviceAccountName"].removeprefix("jobs-headway-") for pod in release.pods()]

    # Then each has one, no two the same, and neither pod nor account hands a token out
    assert sorted(used) == sorted(accounts)
    for pod in release.pods():
        assert pod.spec["automountServiceAccountToken"] is False
        assert pod.spec["enableServiceLinks"] is False
    assert all(each["automountServiceAccountToken"] is False for each in accounts.values())


def test_every_container_says_what_it_needs_and_has_at_most(release: Rendered) -> None:
    """A scheduler that knows nothing puts everything on one node."""
    # Given every container, when its resources are read, then they are there
    for pod in release.pods():
        for container in pod.containers:
            resources = container["resources"]
            assert resources["requests"].keys() >= {"cpu", "memory"}, (pod.name, container["name"])
            assert "memory" in resources["limits"]


def test_every_folder_that_is_written_has_a_bound(release: Rendered) -> None:
    """A pod that fills its node's disk takes others with it."""
    # Given every volume that lies on the node, when its size is read, then it has one
    for pod in release.pods():
        for volume in pod.spec.get("volumes", ()):
            if "emptyDir" in volume:
                assert volume["emptyDir"]["sizeLimit"], (pod.name, volume["name"])


def test_what_is_mounted_is_a_volume_of_the_pod(release: Rendered) -> None:
    """And no volume is there for nobody."""
    # Given every pod, when mounts and volumes are compared, then they are the same
    claims = {"status": {"data"}, "kafka": {"data"}}
    for pod in release.pods():
        mounts = {m["name"] for c in pod.containers for m in c.get("volumeMounts", ())}
        volumes = {volume["name"] for volume in pod.spec.get("volumes", ())}
        assert mounts - volumes <= claims.get(pod.name, set()), pod.name
        assert volumes <= mounts, pod.name


def test_services_are_run_by_their_modules_from_one_image(case: Rendered) -> None:
    """The command chooses the service; what has packages of its own has an image of its own."""
    # Given the pods of services, when image and command are read
    pods = _services(case)
    assert {pod.name for pod in pods} >= {*SERVICES}

    # Then the image is one and the command names the module
    assert len({pod.main["image"] for pod in pods if pod.name not in apart()}) == 1
    for pod in pods:
        assert pod.main["command"] == ["python", "-m", module_of(pod.name)]
        assert pod.kind == ("Deployment" if pod.name == "gateway" else "StatefulSet")


def test_a_digest_wins_over_a_tag() -> None:
    """Who names one means exactly that image."""
    # Given a digest, when a release is rendered, then the image is that
    digest = f"sha256:{'0' * 64}"
    image = {"repository": "registry/headway", "tag": "1", "digest": digest}
    pod = render(OWN | {"image": image}).pod("p1")
    assert pod.main["image"] == f"registry/headway@{digest}"


def test_services_may_be_of_two_releases_for_a_while() -> None:
    """Readers are upgraded before writers: what a new one writes, an old one may not know."""
    # Given a new tag, and the old one for gateway and the first stage
    old = {"pod": {"imageTag": "1"}}
    values = OWN | {"image": {"tag": "2"}, "gateway": old, "stages": {"p1": old}}

    # When a release is rendered, then the others are new, and so is what makes topics
    tags = {pod.name: pod.main["image"].rpartition(":")[2] for pod in render(values).pods()}
    new = ("p2", "status", *BESIDE, "topics", "test")
    assert tags == {"gateway": "1", "p1": "1", **dict.fromkeys(new, "2")}


def test_pods_are_asked_whether_they_live_and_sent_work_when_they_are_ready(
    case: Rendered,
) -> None:
    """A stage that takes over is not ready for long and must not be killed for it."""
    # Given the pods of services, when their probes are read
    for pod in _services(case):
        port = pod.main["ports"][0]
        live, ready = pod.main["livenessProbe"], pod.main["readinessProbe"]
        start = pod.main["startupProbe"]

        # Then they ask the two questions, at the port it is told to listen on
        assert live["httpGet"] == start["httpGet"] == {"path": "/livez", "port": port["name"]}
        assert ready["httpGet"] == {"path": "/readyz", "port": port["name"]}
        assert str(port["containerPort"]) == pod.environment()["HTTP_PORT"]

        # And a start may wait for Kafka for minutes
        assert start["periodSeconds"] * start["failureThreshold"] >= 300


def test_files_on_their_way_in_have_room(own: Rendered) -> None:
    """A volume that is too small is a pod that is thrown out in mid-work."""
    # Given what the gateway takes in at once, when its folder is read, then that fits
    pod = own.pod("gateway")
    assert _bytes(pod, "tmp") > int(pod.environment()["MAX_SPOOLED_BYTES"])


def test_a_stage_has_memory_for_all_files_it_works_on_at_once(own: Rendered) -> None:
    """Its own words: each may take 700 MB."""
    # Given p1, when its memory is held against its CONCURRENCY, then it is enough
    pod = own.pod("p1")
    limit = pod.main["resources"]["limits"]["memory"]
    assert _size(limit) > int(pod.environment()["CONCURRENCY"]) * 700_000_000


def test_pods_of_a_service_are_spread_as_far_as_it_goes(case: Rendered) -> None:
    """One node or zone that goes takes not all of them, and too few nodes are no hindrance."""
    # Given the pods of services, when how they are spread is read
    for pod in _services(case):
        spread = pod.spec["topologySpreadConstraints"]

        # Then it is over nodes and zones, among their like, and nobody waits for it
        keys = {each["topologyKey"] for each in spread}
        assert keys == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        for each in spread:
            assert each["whenUnsatisfiable"] == "ScheduleAnyway"
            assert each["labelSelector"]["matchLabels"].items() <= pod.metadata["labels"].items()


def test_everything_of_a_pod_can_be_said_for_all_and_for_one() -> None:
    """The nearer word wins; maps are put together."""
    # Given something for all pods, all stages, and one stage
    values = OWN | {
        "podDefaults": {"labels": {"a": "1", "b": "1", "c": "1"}, "env": {"OTEL_X": "all"}},
        "stageDefaults": {"pod": {"labels": {"b": "2", "c": "2"}}},
        "stages": {"p1": {"pod": {"labels": {"c": "3"}, "env": {"OTEL_X": "one"}}}},
    }
    release = render(values)

    # When the pods are read, then each has the nearest of each
    labels = {p.name: "".join(p.metadata["labels"][n] for n in "abc") for p in _services(release)}
    all_said = dict.fromkeys(("gateway", "status", *BESIDE), "111")
    assert labels == {**all_said, "p1": "123", "p2": "122"}
    told = {pod.name: pod.environment()["OTEL_X"] for pod in _services(release)}
    assert told == {**dict.fromkeys(SERVICES, "all"), "p1": "one"}


def test_what_is_mounted_from_the_release_rolls_the_pods_when_it_changes() -> None:
    """A file that changes under a running process is not read again."""
    # Given two releases that advertise the development Kafka by different names
    first, second = (
        render({**_DEV, "kafka": {"dev": {"enabled": True, "advertisedHost": host}}}).pod("kafka")
        for host in ("one", "two")
    )

    # When their pods are compared, then they are not the same
    assert first.metadata["annotations"] != second.metadata["annotations"]


_DEV = {"objectStore": {"dev": {"enabled": True}}}


def _bytes(pod: Pod, volume: str) -> int:
    (found,) = (each for each in pod.spec["volumes"] if each["name"] == volume)
    return _size(found["emptyDir"]["sizeLimit"])


def _size(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", text).groups()  # type: ignore[union-attr]  # as the chart has them
    return int(number) * {"Mi": 1024**2, "Gi": 1024**3}[unit]
