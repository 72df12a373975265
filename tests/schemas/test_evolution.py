"""Records change without stopping anything: version N reads what version N - 1 wrote."""

import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.evolution import faults
from support.golden import examples, record_versions

from headway.base.errors import DecodeError
from headway.declared.declarations import schemas_root
from headway.wire.codec import Codec

Schema = dict[str, Any]


def test_every_version_reads_the_one_before() -> None:
    """Of any two neighbouring versions of a record, the newer reads whatever the older wrote."""
    # Given every version of every record, each of which reads at least itself
    versions = record_versions()
    assert versions
    assert [str(version) for version in versions if faults(version.schema, version.schema)] == []

    # When each is held against the one before
    broken = {
        f"{newer} reads {older}": faults(newer.schema, older.schema)
        for older, newer in pairwise(versions)
        if newer.record == older.record
    }

    # Then nothing is unreadable, and no version was left out
    assert not any(broken.values()), broken
    for older, newer in pairwise(versions):
        assert newer.version == (older.version + 1 if newer.record == older.record else 1)


def test_the_codec_reads_an_old_record_into_the_newest_form(tmp_path: Path) -> None:
    """An added field takes its default, a removed one is gone."""
    # Given a second version of job-progress with a field more and one less
    codec = Codec(_with_version_2(tmp_path, _compatible))
    old = [example for example in examples() if example.record == "job-progress"]
    assert old

    for example in old:
        # When a record of version 1 is read
        decoded = codec.decode(example.data, "job-progress")

        # Then it is of the newest form
        expected = {k: v for k, v in example.value.items() if k != "note"} | {"unit": "percent"}
        assert decoded == expected


def test_the_codec_writes_the_newest_version(tmp_path: Path) -> None:
    """A process that knows version 2 writes it; its header differs from that of version 1."""
    # Given a process that knows two versions
    codec = Codec(_with_version_2(tmp_path, _compatible))
    (old,) = [e for e in examples() if (e.record, e.name) == ("job-progress", "ordinary")]
    value = {k: v for k, v in old.value.items() if k != "note"} | {"unit": "rows"}

    # When it writes
    data = codec.encode("job-progress", value)

    # Then the record says so, and reads back
    assert codec.decode(data, "job-progress") == value
    assert data[:10] == codec.header("job-progress") != old.data[:10]


def test_a_process_of_version_1_does_not_mistake_a_record_of_version_2(tmp_path: Path) -> None:
    """Readers are deployed first: one that is late refuses by name instead of misreading."""
    # Given a record of a version this process does not know
    new = Codec(_with_version_2(tmp_path, _compatible))
    value = {"job_id": "j", "attempt": 1, "stage_index": 1, "progress": 1, "unit": "", "at": 0}

    # When it is read, then it is refused
    with pytest.raises(DecodeError, match="not Avro single-object encoding of a known schema"):
        Codec().decode(new.encode("job-progress", value), "job-progress")


def test_compatible_changes_are_found_compatible(tmp_path: Path) -> None:
    """The check does not cry wolf: a default added, a field removed, an int widened."""
    # Given a second version that can read the first
    root = _with_version_2(tmp_path, lambda s: _widened(_compatible(s)))

    # When it is checked, then nothing is found
    assert _check(root) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("without-default", ".unit: added without a default"),
        ("narrowed", ".at: long cannot become int"),
        ("retyped", ".note: string cannot become int"),
        ("renamed", "record JobProgress is not record Progress"),
        ("union-narrowed", ".note: null cannot become string"),
        ("array-retyped", ".note[]: string cannot become boolean"),
    ],
)
def test_an_incompatible_version_is_detected(tmp_path: Path, change: str, fault: str) -> None:
    """What a reader of version 2 could not read of version 1 is named before it is released."""
    # Given a second version that breaks the first
    older, newer = _INCOMPATIBLE[change]
    root = _with_version_2(tmp_path, newer, older)

    # When it is checked, then the fault is named with its place
    assert any(fault in found for found in _check(root)), _check(root)


def test_the_check_and_the_library_agree_on_what_cannot_be_read(tmp_path: Path) -> None:
    """Where the check finds a fault, decoding fails; where it finds none, decoding works."""
    # Given a version with a field more that has no default
    older, newer = _INCOMPATIBLE["without-default"]
    codec = Codec(_with_version_2(tmp_path, newer, older))
    (old,) = [e for e in examples() if (e.record, e.name) == ("job-progress", "ordinary")]

    # When an old record is read, then the library refuses it as well
    with pytest.raises(DecodeError, match="the body is no job-progress v1"):
        codec.decode(old.data, "job-progress")


def _with_version_2(
    folder: Path,
    change: Callable[[Schema], Schema],
    before: Callable[[Schema], Schema] = lambda schema: schema,
) -> Path:
    """A copy of the schemas with job-progress changed by *before*, then *change* as version 2."""
    avro = folder / "avro"
    shutil.copytree(schemas_root() / "avro", avro)
    first = avro / "job-progress.v1.avsc"
    schema = before(json.loads(first.read_text(encoding="utf-8")))
    first.write_text(json.dumps(schema), encoding="utf-8")
    second = change(json.loads(first.read_text(encoding="utf-8")))
    (avro / "job-progress.v2.avsc").write_text(json.dumps(second), encoding="utf-8")
    return folder


def _check(root: Path) -> list[str]:
    older, newer = [v for v in record_versions(root) if v.record == "job-progress"]
    return faults(newer.schema, older.schema)


def _compatible(schema: Schema) -> Schema:
    kept = [field for field in schema["fields"] if field["name"] != "note"]
    added = {"name": "unit", "type": "string", "doc": "Of what.", "default": "percent"}
    return schema | {"fields": [*kept, added]}


def _widened(schema: Schema) -> Schema:
    return _retyped(schema, "progress", "long")


def _retyped(schema: Schema, name: str, type_: object) -> Schema:
    fields = [f | {"type": type_} if f["name"] == name else f for f in schema["fields"]]
    return schema | {"fields": fields}


def _without_default(schema: Schema) -> Schema:
    return schema | {"fields": [*schema["fields"], {"name": "unit", "type": "string"}]}


_ARRAY = {"type": "array", "items": "string"}
#: What version 1 is made before, and how version 2 then breaks it.
_INCOMPATIBLE: dict[str, tuple[Callable[[Schema], Schema], Callable[[Schema], Schema]]] = {
    "without-default": (lambda s: s, _without_default),
    "narrowed": (lambda s: s, lambda s: _retyped(s, "at", "int")),
    "retyped": (lambda s: s, lambda s: _retyped(s, "note", "int")),
    "renamed": (lambda s: s, lambda s: s | {"name": "Progress"}),
    "union-narrowed": (
        lambda s: _retyped(s, "note", ["null", "string"]),
        lambda s: _retyped(s, "note", "string"),
    ),
    "array-retyped": (
        lambda s: _retyped(s, "note", _ARRAY),
        lambda s: _retyped(s, "note", _ARRAY | {"items": "boolean"}),
    ),
}
