"""Installs the chart on the cluster that KUBECONFIG names, works it, breaks it, removes it.

CLUSTER_NAMESPACE: a namespace of its own (headway-test); it is removed before and after.
CLUSTER_OPTIONS: further options of helm, as `--set image.repository=registry/headway`; those for a
    Kafka for development, a store on a volume and one pod of each service stand before them. Where
    there is no image of statistics: `--set statistics.enabled=false`.
CLUSTER_LOGS: a folder for logs of pods (.headway/cluster).
CLUSTER_STEPS: only these steps, comma separated.
"""

import os
import shlex
import sys
import time
from pathlib import Path
from typing import Final

from cluster.entry import entry
from cluster.jobs import Client
from cluster.release import Release
from cluster.steps import STEPS, Scene, Step
from cluster.tools import Refused, call

_ROOT: Final = Path(__file__).parents[2]
_FEW: Final = (
    "--set=gateway.replicas=1,status.replicas=1,stageDefaults.replicas=1",
    "--set=scheduler.replicas=1,statistics.replicas=1",
)
_DEVELOPMENT: Final = (
    "--set=kafka.dev.enabled=true,kafka.dev.persistence.enabled=true,objectStore.dev.enabled=true",
)
#: On a Kafka that is there already: that of the other release, under a prefix of its own.
_GUEST: Final = (
    "--set=kafka.bootstrapServers=hw-headway-kafka:9092,kafka.topicPrefix=guest.",
    "--set=kafka.replicationFactor=1,kafka.minInsyncReplicas=1,objectStore.dev.enabled=true",
    "--set=networkPolicy.enabled=false,status.persistence.enabled=false",
)


def main() -> int:
    chosen = os.environ.get("CLUSTER_STEPS", "").split(",")
    steps = [step for step in STEPS if chosen == [""] or step.__name__ in chosen]
    namespace = os.environ.get("CLUSTER_NAMESPACE", "headway-test")
    more = shlex.split(os.environ.get("CLUSTER_OPTIONS", ""))
    release = Release(namespace, (*_FEW, *_DEVELOPMENT, *more))
    guest = Release(namespace, (*_FEW, *_GUEST, *more), name="guest")
    logs = Path(os.environ.get("CLUSTER_LOGS", _ROOT / ".headway/cluster"))
    logs.mkdir(parents=True, exist_ok=True)
    if chosen == [""]:
        _remove(namespace)
    with entry(release, "gateway") as gateway, entry(release, "status") as status:
        scene = Scene(release, guest, Client(gateway, status), logs)
        passed = all(_passed(step, scene) for step in steps)
    if passed and chosen == [""]:
        _remove(namespace)
    print("\nall of it holds" if passed else f"\nlook at namespace {namespace}, and {logs}")
    return 0 if passed else 1


def _passed(step: Step, scene: Scene) -> bool:
    name = step.__name__.replace("_", " ")
    print(f"  … {name}: {(step.__doc__ or '').splitlines()[0]}", flush=True)
    begun = time.monotonic()
    try:
        seen = step(scene)
    except (AssertionError, Refused, OSError) as error:
        print(f"  ✗ {name}: {error}", flush=True)
        _keep(scene)
        return False
    print(f"  ✓ {name:14} {time.monotonic() - begun:6.1f} s  {seen}", flush=True)
    return True


def _keep(scene: Scene) -> None:
    """What is to be looked at where a step has failed."""
    where = ("--namespace", scene.release.namespace)
    told = call("kubectl", "get", "pods,events", *where, "--output", "wide")
    (scene.logs / "failed.txt").write_text(told, encoding="utf-8")
    for pod in scene.release.pods():
        name = pod["metadata"]["name"]
        try:
            log = call("kubectl", "logs", name, *where, "--all-containers", "--tail=500")
        except Refused as error:
            log = str(error)
        (scene.logs / f"failed-{name}.log").write_text(log, encoding="utf-8")


def _remove(namespace: str) -> None:
    call("kubectl", "delete", "namespace", namespace, "--ignore-not-found", "--timeout=300s")


if __name__ == "__main__":
    sys.exit(main())
