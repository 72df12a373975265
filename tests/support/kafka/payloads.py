"""The least a stage can say or be given: fields that are its own, made up from their types.

So a stage that is added later is played by the same stand-ins as those before it.
"""

from functools import cache
from typing import Any, Final

from support.golden import record_versions
from support.kafka.messages import envelope, submission

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.wire.codec import Codec, split_version

_CODEC: Final = Codec()
_CATALOG: Final = Catalog.load()
_PIPELINE: Final = Pipeline.load()
_LEAST: Final[dict[str, Any]] = {
    "null": None,
    "boolean": False,
    "int": 1,
    "long": 1,
    "double": 1.0,
    "string": "k",
    "bytes": b"k",
}


@cache
def payload_of(stage: str) -> dict[str, Any]:
    """What a handler of *stage* may return."""
    carried = _CATALOG[_PIPELINE.stage(stage).sink].value
    (schema,) = [version.schema for version in record_versions() if str(version) == carried]
    return {field["name"]: _least(field["type"]) for field in schema["fields"][1:]}


def given(
    stage: str,
    job_id: str,
    *,
    title: str = "data.csv",
    order_key: str | None = None,
    **changed: Any,
) -> bytes:
    """The bytes of a record of what *stage* reads; *changed* are fields of its job."""
    declared = _PIPELINE.stage(stage)
    if declared.source == _PIPELINE.source:
        return submission(job_id, title=title, order_key=order_key, **changed)
    job = {**envelope(job_id), "title": title, "order_key": order_key, **changed}
    before = _PIPELINE.stages[declared.index - 2].name
    record = split_version(_CATALOG[declared.source].value)[0]
    return _CODEC.encode(record, {"job": job, **payload_of(before)})


def _least(schema: Any) -> Any:
    if isinstance(schema, str):
        return _LEAST[schema]
    if isinstance(schema, list):
        return _least(schema[0])
    if schema["type"] == "array":
        return []
    return {field["name"]: _least(field["type"]) for field in schema["fields"]}
