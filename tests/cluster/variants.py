"""What the API server itself says of all that the chart renders: its rules, and those of CRDs."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from support.chart.cases import CASES

from cluster.release import Release
from cluster.tools import CHART, call


def judged(release: Release) -> tuple[Counter[str], Counter[str]]:
    """Objects of each kind that the server would take, and those of kinds that it does not know.

    Raises:
        Refused: it knows one and would not take it, or PodSecurity had something to say.
    """
    known = _known_kinds()
    taken, unknown = Counter[str](), Counter[str]()
    for name, values in CASES.items():
        rendered = list(_rendered(release, name, values))
        offered = [made for made in rendered if made["kind"] in known]
        _offer(release, offered)
        taken.update(made["kind"] for made in offered)
        unknown.update(made["kind"] for made in rendered if made["kind"] not in known)
    return taken, unknown


def _known_kinds() -> set[str]:
    told = call("kubectl", "api-resources", "--no-headers")
    return {line.split()[-1] for line in told.splitlines()}


def _rendered(release: Release, name: str, values: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    # A name of its own: what is installed is not to be compared with it.
    where = ("--namespace", release.namespace, "--values", "-")
    text = call("helm", "template", f"dry-{name}", str(CHART), *where, given=json.dumps(values))
    # A bare pod is looked at with its account, which is not there: helm's own test runs that one.
    return (made for made in yaml.safe_load_all(text) if made and made["kind"] != "Pod")


def _offer(release: Release, made: list[dict[str, Any]]) -> None:
    everything = json.dumps({"apiVersion": "v1", "kind": "List", "items": made})
    how = ("--server-side", "--dry-run=server", "--warnings-as-errors")
    where = ("--namespace", release.namespace)
    call("kubectl", "apply", *how, *where, "--filename", "-", given=everything)
