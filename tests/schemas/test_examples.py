"""The golden examples: what every decoder of these records, in any language, has to agree on."""

import pytest
from fastavro.schema import to_parsing_canonical_form
from support.golden import Example, RecordVersion, examples, fields_of, record_versions, records_of

from headway.declared.pipeline import Pipeline
from headway.wire.codec import HEADER_BYTES, Codec

_VERSIONS = record_versions()
_EXAMPLES = examples()
_FEWEST = 2


@pytest.mark.parametrize("example", _EXAMPLES, ids=str)
def test_the_bytes_of_an_example_decode_to_its_value(example: Example) -> None:
    """Decoding with the very version that wrote it gives the value, field for field."""
    # Given the schema the example is filed under
    version = _version(example)

    # When the body is read with it
    value = version.decode(example.data[HEADER_BYTES:])

    # Then it is the value
    assert value == example.value


@pytest.mark.parametrize("example", _EXAMPLES, ids=str)
def test_the_value_of_an_example_encodes_to_its_bytes(example: Example) -> None:
    """Encoding is deterministic, and the first ten bytes name the schema."""
    # Given the schema the example is filed under
    version = _version(example)

    # When header and value are written by the specification
    data = _header(version) + version.encode(example.value)

    # Then they are the bytes
    assert data.hex() == example.data.hex(), "what the file should say, if the value is right"


@pytest.mark.parametrize("example", _EXAMPLES, ids=str)
def test_the_codec_reads_every_example_of_every_version(example: Example) -> None:
    """Whatever version wrote it, a process of today reads it into the newest form."""
    # Given a process that knows every schema
    codec = Codec()

    # When it reads the example
    decoded = codec.decode(example.data, example.record)

    # Then it has every field of the newest version
    newest = max(v.version for v in _VERSIONS if v.record == example.record)
    (schema,) = [v for v in _VERSIONS if (v.record, v.version) == (example.record, newest)]
    assert decoded.keys() == {field["name"] for field in schema.schema["fields"]}


@pytest.mark.parametrize("version", _VERSIONS, ids=str)
def test_every_version_has_examples(version: RecordVersion) -> None:
    """One example shows the form, a second an edge of it."""
    # Given a version of a record, when its examples are counted
    found = [e for e in _EXAMPLES if (e.record, e.version) == (version.record, version.version)]

    # Then there are some
    assert len(found) >= _FEWEST


def test_every_example_is_of_a_version_that_exists() -> None:
    """An example in a misnamed folder would be one nobody decodes."""
    # Given the versions there are
    known = {(v.record, v.version) for v in _VERSIONS}

    # When the examples are held against them, then each is of one
    assert {(e.record, e.version) for e in _EXAMPLES} <= known


@pytest.mark.parametrize("version", _VERSIONS, ids=str)
def test_every_field_and_record_has_a_doc(version: RecordVersion) -> None:
    """The schema is the only place where a reader of the topic learns what a field means."""
    # Given every field of the record, those of nested records included
    fields = dict(fields_of(version.schema))
    assert fields

    # When their docs are looked for, then none is missing
    silent = [path for path, field in fields.items() if not field.get("doc", "").strip()]
    silent += [r["name"] for r in records_of(version.schema) if not r.get("doc", "").strip()]
    assert silent == []


def test_records_of_one_name_are_the_same_everywhere() -> None:
    """An Envelope is an Envelope: the stages carry it from record to record."""
    # Given the definitions inside the newest version of every record
    newest = {version.record: version.schema for version in _VERSIONS}
    definitions: dict[str, list[object]] = {}
    for schema in newest.values():
        for record in records_of(schema):
            definitions.setdefault(record["name"], []).append(record)

    # When those of one name are compared
    differing = [name for name, found in definitions.items() if any(d != found[0] for d in found)]

    # Then they are equal, and the comparison compared something
    assert len(definitions["Envelope"]) > 1
    assert differing == []


def test_an_example_spelled_out_by_hand_is_what_the_library_writes() -> None:
    """The encoding is the specification's: nothing in it is an accident of a library."""
    # Given a record written down byte by byte
    body = bytes.fromhex(
        "0a7175696574"  # job_id: length 5 as zig-zag 10, "quiet"
        "02"  # attempt 1
        "04"  # stage_index 2
        "8c01"  # progress 70: zig-zag 140, seven bits a byte, lowest first
        "00"  # note: length 0
        "00"  # at 0
    )

    # When the example of that value is looked at
    (example,) = [e for e in _EXAMPLES if (e.record, e.name) == ("job-progress", "empty-note")]

    # Then it is that body behind the marker and the fingerprint
    assert example.data == _header(_version(example)) + body


def test_the_fingerprint_is_the_one_of_the_specification() -> None:
    """Known answer: the CRC-64-AVRO of the schema "int" is 7275d51a3f395c8f."""
    # Given the canonical form of the simplest of schemas
    # When its fingerprint is taken, then it is the published one
    assert _crc_64_avro(b'"int"') == 0x7275D51A3F395C8F


def test_every_status_in_an_example_is_one_of_the_pipeline() -> None:
    """Examples teach: a status that does not exist would teach the wrong name."""
    # Given the statuses the pipeline declares
    declared = set(Pipeline.load().statuses)

    # When those of the examples are gathered
    states = [e.value for e in _EXAMPLES if e.record == "job-state"]
    steps = [s for e in _EXAMPLES for s in e.value.get("job", e.value).get("timeline", ())]
    shown = {state["status"] for state in states} | {step["status"] for step in steps}

    # Then all are declared, and every one a stage can write is shown
    assert shown <= declared
    assert declared == shown


def _version(example: Example) -> RecordVersion:
    wanted = (example.record, example.version)
    (found,) = [v for v in _VERSIONS if (v.record, v.version) == wanted]
    return found


def _header(version: RecordVersion) -> bytes:
    canonical = to_parsing_canonical_form(version.schema)
    return b"\xc3\x01" + _crc_64_avro(canonical.encode()).to_bytes(8, "little")


def _crc_64_avro(data: bytes) -> int:
    """The Rabin fingerprint of the Avro specification, written from its text."""
    empty = 0xC15D213AA4D7A795
    table = list(range(256))
    for _ in range(8):
        table = [(entry >> 1) ^ (empty & -(entry & 1)) for entry in table]
    crc = empty
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc
