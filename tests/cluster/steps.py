"""What is shown, in order; each says what it saw, and fails if it is not so."""

import json
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support.waiting import wait_until

from cluster.jobs import Client
from cluster.release import COMPONENT, Release
from cluster.tools import Refused, call, tool
from cluster.variants import judged

_JOBS: Final = 40
#: What an uninstalled release leaves: claims of volumes, and what the namespace has by itself.
_LOOKED_FOR: Final = (
    "all,configmaps,secrets,serviceaccounts,roles,rolebindings,networkpolicies,"
    "poddisruptionbudgets,horizontalpodautoscalers,ingresses,persistentvolumeclaims"
)
_FROM_KUBERNETES: Final = frozenset({"serviceaccount/default", "configmap/kube-root-ca.crt"})


@dataclass(frozen=True, slots=True)
class Scene:
    """What steps act on."""

    release: Release
    guest: Release
    client: Client
    logs: Path


Step = Callable[[Scene], str]


def install(scene: Scene) -> str:
    """A namespace that admits only restricted pods; the chart; helm's own test."""
    scene.release.prepare()
    _installed(scene.release)
    return f"{len(scene.release.pods())} pods, all restricted; helm test: Succeeded"


def variants(scene: Scene) -> str:
    """Whatever the chart renders of other values: the server would take it, without a warning."""
    taken, unknown = judged(scene.release)
    left = f"; unknown to this cluster: {', '.join(sorted(unknown))}" if unknown else ""
    return f"{taken.total()} objects of {len(taken)} kinds{left}"


def beside(scene: Scene) -> str:
    """Another release on the same Kafka: a Job makes its topics before anything else is there."""
    with scene.release.kafka_open_to(scene.guest):
        _installed(scene.guest)
        scene.guest.uninstall()
    return "its Job made topics, helm test: Succeeded; uninstalled"


def one_job(scene: Scene) -> str:
    """Handed in at one Service, seen COMPLETED at the other."""
    job_id = scene.client.submit(b"a,b\n1,2\n3,4\n", "first")
    _all_completed(scene)
    steps = [step["status"] for step in scene.client.job(job_id)["timeline"]]
    return " > ".join(steps)


def held(scene: Scene) -> str:
    """Submitted for later: one is let go by hand, one begins by itself when its time has come."""
    tomorrow = str(round((time.time() + 86_400) * 1000))
    by_hand = scene.client.submit(b"a,b\n1,2\n3,4\n", "tomorrow", not_before=tomorrow)
    told = scene.client.wait_held(by_hand)
    soon = str(round((time.time() + 15) * 1000))
    scene.client.submit(b"a,b\n1,2\n3,4\n", "soon", not_before=soon)
    scene.client.release(by_hand)
    _all_completed(scene)
    return f"held until {told['due_at']}, released; another by itself after 15 s"


def kill(scene: Scene) -> str:
    """SIGKILL for a stage's pod while jobs run in it."""
    with scene.client.load("kill", _JOBS):
        (pod, *_) = scene.release.ready("p1")
        _wait_running_in(scene.release, pod)
        scene.release.kill(pod)
    _all_completed(scene)
    scene.release.wait_settled()
    return f"{pod} with jobs at work; {_audited(scene)}"


def upgrade(scene: Scene) -> str:
    """Every pod is replaced under load."""
    before = {pod["metadata"]["uid"] for pod in _services(scene)}
    with scene.client.load("upgrade", _JOBS):
        scene.release.upgrade("--set", "settings.LOG_LEVEL=DEBUG")
    _all_completed(scene)
    after = {pod["metadata"]["uid"] for pod in _services(scene)}
    assert not before & after, "a pod of the revision before is still there"
    return f"{len(after)} pods replaced; {_audited(scene)}"


def broken_upgrade(scene: Scene) -> str:
    """An image that nobody has: the release goes back by itself and works all the while."""
    deployed, _ = scene.release.revision()
    with scene.client.load("broken", _JOBS):
        try:
            scene.release.upgrade("--atomic", "--set", "image.tag=nobody-has-it", timeout="60s")
        except Refused:
            pass
        else:
            raise AssertionError("an image that is not there was accepted")
    revision, said = scene.release.revision()
    assert revision > deployed, said
    assert "Rollback" in said, said
    _all_completed(scene)
    scene.release.wait_settled()
    return f"{said}; {_audited(scene)}"


def scale(scene: Scene) -> str:
    """p1 from one to three and back under load: what runs in the pods that go is finished there."""
    with scene.client.load("scale", 2 * _JOBS):
        scene.release.scale("p1", 3)
        pods = scene.release.wait_ready("p1", 3)
        leaving = pods[1:]
        followed = {pod: _follow(scene, pod) for pod in leaving}
        for pod in leaving:
            _wait_running_in(scene.release, pod)
        scene.release.scale("p1", 1)
        scene.release.wait_ready("p1", 1)
    for pod, process in followed.items():
        drained = _event("stage.drained", process, scene.logs / f"{pod}.log")
        assert drained["left"] == 0, drained
    _all_completed(scene)
    return f"{', '.join(leaving)} drained, nothing left in them; {_audited(scene)}"


def uninstall(scene: Scene) -> str:
    """Nothing is left but volumes, and the topics on them."""
    scene.release.uninstall()
    where = ("--namespace", scene.release.namespace)
    wait_until(
        lambda: not call("kubectl", "get", "pods", *where, "--output", "name").strip(), seconds=300
    )
    left = set(call("kubectl", "get", _LOOKED_FOR, *where, "--output", "name").split())
    volumes = {name for name in left if name.startswith("persistentvolumeclaim/")}
    assert left - volumes <= _FROM_KUBERNETES, left - volumes
    assert volumes, "the volumes went with the release"
    return ", ".join(sorted(volumes))


STEPS: Final[tuple[Step, ...]] = (
    install,
    variants,
    beside,
    one_job,
    held,
    kill,
    upgrade,
    broken_upgrade,
    scale,
    uninstall,
)


def _installed(release: Release) -> None:
    release.install()
    said = release.test()
    assert "Succeeded" in said, said


def _all_completed(scene: Scene) -> None:
    ends = scene.client.wait_ended()
    assert ends["COMPLETED"] == len(scene.client.accepted), ends


def _audited(scene: Scene) -> str:
    """What `headway audit` says of all jobs, in a pod of the release."""
    pod = scene.release.ready("gateway")[0]
    told = scene.release.exec(pod, "headway", "audit", "--settle", "0s", "--json")
    verdict = json.loads(told)
    assert not verdict["findings"], verdict["findings"]
    return f"{len(scene.client.accepted)} jobs COMPLETED, audit clean"


def _services(scene: Scene) -> list[dict[str, Any]]:
    return [
        pod
        for workload in scene.release.get("deployments,statefulsets")
        for pod in scene.release.pods(workload["metadata"]["labels"][COMPONENT])
        if workload["metadata"]["labels"][COMPONENT] != "kafka"
    ]


def _wait_running_in(release: Release, pod: str) -> None:
    wait_until(lambda: _running_in(release, pod), seconds=600, pause_seconds=0.2)


def _running_in(release: Release, pod: str) -> bool:
    """Whether jobs are in flight in *pod*, as its own metrics say."""
    code = "import urllib.request as u;print(u.urlopen('http://127.0.0.1:9101/metrics').read().decode())"
    try:
        metrics = release.exec(pod, "python", "-c", code)
    except Refused:
        return False
    found = re.search(r'^headway_in_flight\{stage="p1"\} (\S+)', metrics, re.MULTILINE)
    return found is not None and float(found[1]) > 0


def _follow(scene: Scene, pod: str) -> "subprocess.Popen[bytes]":
    where = ("--namespace", scene.release.namespace)
    with (scene.logs / f"{pod}.log").open("wb") as log:
        return subprocess.Popen([tool("kubectl"), "logs", "--follow", pod, *where], stdout=log)


def _event(name: str, process: "subprocess.Popen[bytes]", log: Path) -> dict[str, Any]:
    """The line of that event in a pod's log, once it has ended."""
    process.wait(300)
    lines = log.read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    found = [line for line in told if line["event"] == name]
    assert len(found) == 1, f"{log}: {len(found)} lines of {name}"
    return dict(found[0])
