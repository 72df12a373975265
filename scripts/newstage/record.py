"""The record a new stage writes: its schema, and golden examples of it."""

import copy
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from headway.declared.catalog import Catalog
from headway.wire.codec import Codec
from newstage.plan import Plan

_JOB_ID: Final = "86e4f4f9-6a1c-4f0e-9d5b-2c7a1f3e8b90"
_SUBMITTED_AT: Final = 1_767_225_600_000
_STEP_MS: Final = 1500


def texts(root: Path, plan: Plan, catalog: Catalog) -> dict[str, str]:
    """Schema and examples by their places.

    The record carries the envelope, as the one does that the stage reads, and the files made so
    far, as the states do.
    """
    source, state = (_read(root, catalog[name].value) for name in (plan.source, plan.state))
    schema = _schema(plan, source, state)
    place = f"schemas/avro/{plan.record}.v1.avsc"
    examples = {
        "ordinary": _value(plan, _JOB_ID, "penguins.csv", [plan.name]),
        "no-files": _value(plan, "bare", "", []),
    }
    codec = _codec(plan, _json(schema))
    return {place: _json(schema)} | {
        f"schemas/examples/{plan.record}/1/{name}.json": _example(codec, plan.record, value)
        for name, value in examples.items()
    }


def _example(codec: Codec, record: str, value: dict[str, Any]) -> str:
    """The bytes of *value*, and what is read from them: fields with a default included."""
    data = codec.encode(record, value)
    return _json({"value": codec.decode(data, record), "bytes": data.hex()})


def _schema(plan: Plan, source: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    (job,) = [field for field in source["fields"] if field["name"] == "job"]
    (result,) = [field for field in state["fields"] if field["name"] == "result"]
    files = {"name": "files", "type": result["type"], "doc": "What the stages have made so far."}
    return {
        "type": "record",
        "name": f"{plan.name.capitalize()}Done",
        "namespace": "headway",
        "doc": f"{plan.name.capitalize()} has done its part.",
        "fields": copy.deepcopy([job, files]),
    }


def _value(plan: Plan, job_id: str, title: str, makers: list[str]) -> dict[str, Any]:
    steps = [
        {"status": status, "at": _SUBMITTED_AT + number * _STEP_MS}
        for number, status in enumerate(plan.steps)
    ]
    return {
        "job": {
            "job_id": job_id,
            "attempt": 1,
            "title": title,
            "submitted_at": _SUBMITTED_AT,
            "submitted_offset": 42,
            "timeline": steps,
        },
        "files": [
            {
                "name": f"{maker}.json",
                "media_type": "application/json",
                "key": f"jobs/{job_id}/{maker}/document.json",
                "size_bytes": 58,
            }
            for maker in makers
        ],
    }


def _codec(plan: Plan, schema: str) -> Codec:
    """Who writes the examples is who will read them."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "avro"
        folder.mkdir()
        (folder / f"{plan.record}.v1.avsc").write_text(schema, encoding="utf-8")
        return Codec(Path(name))


def _read(root: Path, record: str) -> dict[str, Any]:
    path = root / "schemas" / "avro" / f"{record}.avsc"
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
