"""Whether a cluster would take an object: by the schemas of its version, or of whoever defines it.

Kubernetes' own come with the package kubernetes-validate; of what operators define, what the chart
writes is declared here, closed to everything else.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from support.chart.definitions import DEFINED
from support.chart.render import Object

_SCHEMAS: Final = "kubernetes-json-schema/v{}-local-strict"


def faults(each: Object, version: str) -> list[str]:
    """What a cluster of *version* would refuse in this object."""
    validator = _validator(each["apiVersion"], each["kind"], version)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(each)]


@cache
def _validator(api_version: str, kind: str, version: str) -> Any:
    if defined := DEFINED.get(f"{api_version}/{kind}"):
        return jsonschema.Draft7Validator(defined)
    group, _, of_group = api_version.rpartition("/")
    name = "-".join(filter(None, (kind.lower(), group.partition(".")[0], of_group)))
    registry = Registry().with_resource("_definitions.json", _definitions(version))
    return jsonschema.Draft7Validator(_read(f"{name}.json", version), registry=registry)


@cache
def _definitions(version: str) -> Resource[Any]:
    return DRAFT7.create_resource(_read("_definitions.json", version))


def _read(name: str, version: str) -> Mapping[str, Any]:
    path = files("kubernetes_validate") / _SCHEMAS.format(version) / name
    schema: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema
