"""One release in a namespace of its own."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from support.waiting import wait_until

from cluster.tools import CHART, call, objects

#: Images may have to be fetched.
_WAIT: Final = "600s"
_PATIENCE_SECONDS: Final = 600.0
COMPONENT: Final = "app.kubernetes.io/component"


@dataclass(frozen=True, slots=True)
class Release:
    """Installed, changed and removed by helm; looked at by kubectl."""

    namespace: str
    options: tuple[str, ...]
    name: str = "hw"

    def prepare(self) -> None:
        """The namespace; it admits only pods that PodSecurity calls restricted."""
        labels = {
            f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")
        }
        manifest = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": self.namespace, "labels": labels},
        }
        call("kubectl", "apply", "--filename", "-", given=json.dumps(manifest))

    def install(self) -> None:
        self._helm("install", "--wait", "--timeout", _WAIT)

    def upgrade(self, *more: str, timeout: str = _WAIT) -> None:
        """To the chart as it is, with *more* options of helm."""
        self._helm("upgrade", "--wait", "--timeout", timeout, *more)

    def revision(self) -> tuple[int, str]:
        """The number of the newest revision that is deployed, and what helm says of the newest."""
        told = call("helm", "history", self.name, "--namespace", self.namespace, "--output", "json")
        history = json.loads(told)
        deployed = [entry["revision"] for entry in history if entry["status"] == "deployed"]
        return max(deployed), history[-1]["description"]

    def test(self) -> str:
        return call("helm", "test", self.name, "--namespace", self.namespace, "--timeout", _WAIT)

    def uninstall(self) -> None:
        call(
            "helm",
            "uninstall",
            self.name,
            "--namespace",
            self.namespace,
            "--wait",
            "--timeout",
            _WAIT,
        )

    def _helm(self, verb: str, *arguments: str) -> None:
        where = ("--namespace", self.namespace)
        call("helm", verb, self.name, str(CHART), *where, *self.options, *arguments)

    @contextmanager
    def kafka_open_to(self, other: "Release") -> Iterator[None]:
        """While the block runs, pods of *other* may speak to the Kafka of this release."""
        name = f"{other.name}-to-{self.name}"
        policy = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {
                "podSelector": {"matchLabels": {**_of(self.name), COMPONENT: "kafka"}},
                "ingress": [{"from": [{"podSelector": {"matchLabels": _of(other.name)}}]}],
            },
        }
        call("kubectl", "apply", "--filename", "-", given=json.dumps(policy))
        yield
        call("kubectl", "delete", "networkpolicy", name, "--namespace", self.namespace)

    def get(self, kinds: str, component: str | None = None) -> list[dict[str, Any]]:
        """Objects of the release, of one *component* or all."""
        wanted = {**_of(self.name), **({COMPONENT: component} if component else {})}
        labels = ",".join(f"{name}={value}" for name, value in wanted.items())
        return objects(kinds, "--namespace", self.namespace, "--selector", labels)

    def pods(self, component: str | None = None) -> list[dict[str, Any]]:
        return self.get("pods", component)

    def ready(self, component: str) -> list[str]:
        """Names of its pods that are ready and not on their way out."""
        return sorted(
            pod["metadata"]["name"]
            for pod in self.pods(component)
            if "deletionTimestamp" not in pod["metadata"] and _is_ready(pod)
        )

    def wait_ready(self, component: str, count: int) -> list[str]:
        """Until *count* pods of *component* are there and ready, and no other is."""
        wait_until(
            lambda: len(self.pods(component)) == count == len(self.ready(component)),
            seconds=_PATIENCE_SECONDS,
            pause_seconds=1,
        )
        return self.ready(component)

    def wait_settled(self) -> None:
        """Until every workload has as many pods of its newest form ready as it wants, no others."""
        wait_until(self._settled, seconds=_PATIENCE_SECONDS, pause_seconds=1)

    def _settled(self) -> bool:
        return all(
            workload["spec"]["replicas"]
            == workload["status"].get("replicas")
            == workload["status"].get("updatedReplicas")
            == workload["status"].get("readyReplicas")
            for workload in self.get("deployments,statefulsets")
        )

    def exec(self, pod: str, *command: str) -> str:
        return call("kubectl", "exec", "--namespace", self.namespace, pod, "--", *command)

    def scale(self, component: str, replicas: int) -> None:
        (found,) = self.get("statefulsets", component)
        name = found["metadata"]["name"]
        where = ("--namespace", self.namespace)
        call("kubectl", "scale", "statefulset", name, *where, f"--replicas={replicas}")

    def kill(self, pod: str) -> None:
        """SIGKILL at once, as a node that is lost would look like."""
        force: Sequence[str] = ("--grace-period=0", "--force")
        call("kubectl", "delete", "pod", pod, "--namespace", self.namespace, *force)


def _of(release: str) -> dict[str, str]:
    return {"app.kubernetes.io/instance": release}


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
