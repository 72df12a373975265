"""What the codec refuses, and in which words: they reach the user of a failed job."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from headway.base.errors import DecodeError, PermanentError, UnknownSchema
from headway.declared.declarations import schemas_root
from headway.wire.codec import Codec, split_version

_PROGRESS: dict[str, Any] = {
    "job_id": "j",
    "attempt": 1,
    "stage_index": 1,
    "progress": 40,
    "note": "half way",
    "at": 5,
}


@pytest.mark.parametrize("empty", [None, b""])
def test_an_empty_value_is_refused(codec: Codec, empty: bytes | None) -> None:
    """A tombstone or an empty body is no record."""
    # Given no bytes, when they are decoded, then the message says what was expected
    with pytest.raises(DecodeError, match="the value is empty; expected a job-progress record"):
        codec.decode(empty, "job-progress")


@pytest.mark.parametrize("data", [b"{}", b"\x00\x00\x00\x00\x07rest", b"\xc3\x01\x00\x00"])
def test_bytes_of_no_known_schema_are_refused(codec: Codec, data: bytes) -> None:
    """JSON, a registry's framing, an unknown or cut fingerprint: the first bytes are shown."""
    # Given bytes that do not begin as a record of ours
    # When they are decoded, then the message shows how they begin
    words = f"begins with {data[:10].hex()}: not Avro .* expected a job-progress record"
    with pytest.raises(DecodeError, match=words):
        codec.decode(data, "job-progress")


def test_a_schema_nobody_here_knows_is_told_apart_from_garbage(codec: Codec) -> None:
    """Readers of our own topics must stop before what a newer release wrote, not skip it."""
    # Given the form of our values with a fingerprint that no schema here has
    data = b"\xc3\x01\x01\x02\x03\x04\x05\x06\x07\x08body"
    head = codec.head("job-state", "job_id")

    # When it is decoded, whole or by its head, then its own class says so, with the fingerprint
    for decode in (partial(codec.decode, expected="job-state"), head):
        with pytest.raises(UnknownSchema) as caught:
            decode(data)
        assert caught.value.fingerprint == "0102030405060708"

    # And a value of another form is garbage only
    with pytest.raises(DecodeError) as garbage:
        codec.decode(data[1:], "job-state")
    assert not isinstance(garbage.value, UnknownSchema)


def test_a_record_of_another_kind_is_refused(codec: Codec) -> None:
    """A record written to the wrong topic is named for what it is."""
    # Given a progress record, when a submission is expected, then both are named
    data = codec.encode("job-progress", _PROGRESS)
    with pytest.raises(
        DecodeError, match="the value is a job-progress record; expected job-submitted"
    ):
        codec.decode(data, "job-submitted")


def test_a_cut_body_is_refused(codec: Codec) -> None:
    """A record that ends too early names the schema it claimed to be of."""
    # Given a record without its end
    data = codec.encode("job-progress", _PROGRESS)

    # When any part of the body is missing, then it is refused
    for length in range(10, len(data)):
        with pytest.raises(DecodeError, match="the body is no job-progress v1"):
            codec.decode(data[:length], "job-progress")


def test_bytes_left_over_are_refused(codec: Codec) -> None:
    """Two records glued together are not the first of them."""
    # Given a record with more behind it, when it is decoded, then it is refused
    data = codec.encode("job-progress", _PROGRESS) + b"!"
    with pytest.raises(DecodeError, match="bytes are left over after the job-progress v1"):
        codec.decode(data, "job-progress")


def test_a_text_that_is_no_utf_8_is_refused(codec: Codec) -> None:
    """Broken text is found when it is read, not when it is shown."""
    # Given a record with a broken byte in a string
    data = codec.encode("job-progress", _PROGRESS).replace(b"half", b"h\xfflf")

    # When it is decoded, then it is refused
    with pytest.raises(DecodeError, match="the body is no job-progress v1"):
        codec.decode(data, "job-progress")


def test_a_refusal_is_permanent() -> None:
    """The same bytes fail every time: trying again is no use."""
    # Given the class of refusals, when its place in the tree is looked at, then it is permanent
    assert issubclass(DecodeError, PermanentError)


def test_encoding_an_unknown_record_fails(codec: Codec) -> None:
    """A record without a schema file is a mistake of the program."""
    # Given a name without a schema, when it is encoded, then the name is in the error
    with pytest.raises(KeyError, match="job-unknown"):
        codec.encode("job-unknown", {})


def test_encoding_a_value_that_does_not_fit_fails(codec: Codec) -> None:
    """A missing field and a wrong type are told by name."""
    # Given values with a field missing, and with one of another type
    missing = {name: value for name, value in _PROGRESS.items() if name != "progress"}

    # When they are encoded, then the field is named
    with pytest.raises((ValueError, TypeError), match="progress"):
        codec.encode("job-progress", missing)
    with pytest.raises((ValueError, TypeError), match="note"):
        codec.encode("job-progress", {**_PROGRESS, "note": 5})


def test_the_head_of_a_record_is_read_without_the_rest(codec: Codec) -> None:
    """A reader that needs the first fields only does not pay for the others."""
    # Given a decoder of the first fields
    head = codec.head("job-progress", "job_id", "progress")

    # When it reads a record, even one whose end is missing
    data = codec.encode("job-progress", _PROGRESS)
    cut = data[: data.index(b"half")]

    # Then it gives the fields up to the last one asked for
    expected = {"job_id": "j", "attempt": 1, "stage_index": 1, "progress": 40}
    assert head(data) == head(cut) == expected


def test_the_head_of_another_record_is_refused(codec: Codec) -> None:
    """Reading less does not mean checking less of what a record is."""
    # Given a decoder of heads
    head = codec.head("job-progress", "job_id")
    other = codec.encode(
        "job-submitted",
        {"job_id": "j", "title": "", "delimiter": None, "source": {"content": b""}},
    )

    # When it gets another record, or none, then it refuses in the same words as `decode`
    with pytest.raises(DecodeError, match="is a job-submitted record; expected job-progress"):
        head(other)
    with pytest.raises(DecodeError, match="not Avro single-object encoding"):
        head(b"nothing of ours")


def test_the_records_known_are_those_of_the_folder(codec: Codec) -> None:
    """Names come from the files, without versions."""
    # Given the schemas of the repository, when the records are listed, then they are all there
    files = (schemas_root() / "avro").iterdir()
    assert codec.records == {path.name.partition(".v")[0] for path in files}
    assert codec.records >= {"job-submitted", "profile-done", "job-completed", "job-state"}


def test_a_schema_file_with_another_name_is_refused(tmp_path: Path) -> None:
    """A misnamed file would be a version nobody reads."""
    # Given a schema file without a version
    (tmp_path / "avro").mkdir()
    (tmp_path / "avro" / "job.avsc").write_text("{}", encoding="utf-8")

    # When the folder is loaded, then the file and the rule are named
    with pytest.raises(ValueError, match=r"job\.avsc: a schema file is named <record>\.v<N>\.avsc"):
        Codec(tmp_path)


def test_a_value_names_record_and_version() -> None:
    """Topic declarations say which version a topic carries."""
    # Given the name in a declaration, when it is split, then both parts come out
    assert split_version("job-state.v12") == ("job-state", 12)
