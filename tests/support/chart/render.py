"""The chart as helm renders it: the very program that installs it, asked for objects alone."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from support.house.modules import ROOT

CHART: Final = ROOT / "deploy/helm/headway"
RELEASE: Final = "jobs"
NAMESPACE: Final = "reports"
#: The oldest release that the chart takes, and a recent one.
VERSIONS: Final = ("1.31.0", "1.35.0")
_WORKLOADS: Final = {"Pod", "Deployment", "StatefulSet", "Job"}
_SECONDS: Final = 120

Object = dict[str, Any]
Values = Mapping[str, Any]


class Refused(Exception):  # noqa: N818 - helm's answer to values that do not fit
    """What helm says of values that it does not take."""


@dataclass(frozen=True)
class Rendered:
    """All objects of one release, as they would be sent."""

    objects: tuple[Object, ...]

    def of(self, kind: str) -> dict[str, Object]:
        """The objects of *kind* by their names, less what all names begin with."""
        found = (each for each in self.objects if each["kind"] == kind)
        return {_short(each["metadata"]["name"]): each for each in found}

    def pods(self) -> Iterator["Pod"]:
        """Every pod that the release may start, whatever starts it."""
        for each in self.objects:
            if each["kind"] in _WORKLOADS:
                template = each if each["kind"] == "Pod" else each["spec"]["template"]
                name = _short(each["metadata"]["name"])
                yield Pod(name, each["kind"], template["metadata"], template["spec"])

    def pod(self, name: str) -> "Pod":
        """The pod of the workload of that name."""
        return next(pod for pod in self.pods() if pod.name == name)


@dataclass(frozen=True)
class Pod:
    """A pod as its workload says it; *name* is the workload's."""

    name: str
    kind: str
    metadata: Object
    spec: Object

    @property
    def containers(self) -> list[Object]:
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]

    @property
    def main(self) -> Object:
        """The container that does the work."""
        found: Object = self.spec["containers"][0]
        return found

    def environment(self, container: Object | None = None) -> dict[str, str]:
        """What its process is told, as a cluster would tell it; secrets are `secret:name/key`."""
        told = (container or self.main).get("env", ())
        return {variable["name"]: self._told(variable) for variable in told}

    def _told(self, variable: Object) -> str:
        if "value" in variable:
            return str(variable["value"])
        source = variable["valueFrom"]
        if secret := source.get("secretKeyRef"):
            return f"secret:{secret['name']}/{secret['key']}"
        assert source == {"fieldRef": {"fieldPath": "metadata.name"}}, source
        return f"{self.name}-0"


def render(values: Values, *, version: str = VERSIONS[-1]) -> Rendered:
    """The release of *values* on a cluster of that version.

    Raises:
        Refused: helm does not take the values.
    """
    return _rendered(json.dumps(values, sort_keys=True), version)


def lint(values: Values) -> None:
    """Raises Refused: helm finds something to complain of."""
    _helm(json.dumps(values), "lint", "--strict", str(CHART))


def notes(values: Values) -> str:
    """What helm tells whoever has installed it."""
    arguments = ("install", RELEASE, str(CHART), "--dry-run=client", "--namespace", NAMESPACE)
    return _helm(json.dumps(values), *arguments).partition("NOTES:")[2]


def example(name: str) -> Object:
    """The values of one of the chart's examples."""
    values: Object = yaml.safe_load((CHART / f"examples/{name}.yaml").read_text(encoding="utf-8"))
    return values


@cache
def helm() -> str:
    """The program; where there is none the test is skipped, in CI it fails."""
    beside = Path(sys.executable).with_name("helm")
    found = str(beside) if beside.exists() else shutil.which("helm")
    if found:
        return found
    reason = "helm is missing; scripts/helm.sh installs it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@cache
def _rendered(values: str, version: str) -> Rendered:
    arguments = ("template", RELEASE, str(CHART), "--namespace", NAMESPACE)
    text = _helm(values, *arguments, "--kube-version", version)
    return Rendered(tuple(each for each in yaml.safe_load_all(text) if each))


def _helm(values: str, *arguments: str) -> str:
    done = subprocess.run(
        [helm(), *arguments, "--values", "-"],
        input=values,
        capture_output=True,
        check=False,
        text=True,
        timeout=_SECONDS,
    )
    if done.returncode:
        raise Refused(done.stderr + done.stdout)
    return done.stdout


def _short(name: str) -> str:
    return name.removeprefix(f"{RELEASE}-headway").removeprefix("-")
