"""What a stage reads: the envelope opened, and made up for where it cannot be."""

import pytest
from support.kafka.messages import SUBMITTED_AT, message, profile_done, submission

from headway.base.errors import DecodeError
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.wire.codec import Codec
from headway.wire.records import UNKNOWN_OFFSET, StageRecords, job_id_from

_QUEUED = {"status": "QUEUED", "at": SUBMITTED_AT, "attempt": 1, "detail": None}


def test_the_first_stage_makes_the_envelope_of_the_submission(first: StageRecords) -> None:
    """Time and offset are the record's own; the rest of the value is the handler's."""
    # Given a submission
    received = message(submission(title="Umsätze.csv", delimiter=";"), offset=42)

    # When it is opened
    envelope, payload = first.open(received)

    # Then the envelope tells where the job began
    assert envelope == {
        "job_id": "job-1",
        "attempt": 1,
        "order_key": None,
        "tags": [],
        "sources": [42],
        "title": "Umsätze.csv",
        "submitted_at": SUBMITTED_AT,
        "submitted_offset": 42,
        "timeline": [_QUEUED],
    }
    assert payload == {"delimiter": ";", "source": {"content": b"a\n1\n"}}


def test_a_later_stage_takes_the_envelope_it_was_given(last: StageRecords) -> None:
    """What the first stage knew travels with the job; this record's own offset is of no matter."""
    # Given what the first stage wrote
    received = message(profile_done(attempt=3, submitted_offset=8), topic="jobs.p1-done", offset=99)

    # When it is opened, then the envelope is the one inside
    envelope, payload = last.open(received)
    assert (envelope["attempt"], envelope["submitted_offset"]) == (3, 8)
    assert payload.keys() == {"profile", "rows", "columns"}


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (None, r"\(none\)"),
        (b"", "b''"),
        (b"with space", "b'with space'"),
        ("größe".encode(), "gr"),
        (b"x" * 129, "xxx"),
        (b"a/b", "a/b"),
    ],
)
def test_a_key_that_is_no_job_id_is_refused(
    first: StageRecords, key: bytes | None, shown: str
) -> None:
    """The key becomes part of paths and URLs; the message says what it may hold."""
    # Given a readable submission under such a key, when it is opened, then it is refused
    with pytest.raises(DecodeError, match=f"the key .*{shown}.* is no job_id: 1 to 128 characters"):
        first.open(message(submission(), key=key))


@pytest.mark.parametrize("job_id", ["a", "x" * 128, "A-Z.a_z-09"])
def test_a_job_id_may_be_any_of_its_characters(job_id: str) -> None:
    """Both ends of the length, and every kind of character."""
    # Given such a key, when it is read, then it is the job_id
    assert job_id_from(job_id.encode()) == job_id


def test_a_key_and_a_value_that_name_different_jobs_are_refused(first: StageRecords) -> None:
    """The key orders and partitions, the value is believed: they must agree."""
    # Given a submission under another job's key, when it is opened, then both are named
    with pytest.raises(DecodeError, match="the key says job other, the value says 'job-1'"):
        first.open(message(submission(), key=b"other"))


def test_a_record_of_another_topic_is_refused(last: StageRecords) -> None:
    """A submission in the second topic is no profile."""
    # Given a submission, when the last stage opens it, then both records are named
    with pytest.raises(DecodeError, match="is a job-submitted record; expected profile-done"):
        last.open(message(submission()))


def test_an_unreadable_submission_is_told_under_its_key(first: StageRecords) -> None:
    """What is known without the value: the job_id, when it came, where it lies."""
    # Given garbage under a good key, when there is need of an envelope, then there is one
    assert first.fallback(message(b"garbage", offset=5)) == {
        "job_id": "job-1",
        "attempt": 1,
        "order_key": None,
        "tags": [],
        "sources": [5],
        "title": "job-1",
        "submitted_at": SUBMITTED_AT,
        "submitted_offset": 5,
        "timeline": [_QUEUED],
    }


def test_an_unreadable_record_in_the_middle_has_an_unknown_submission(last: StageRecords) -> None:
    """The offset of the submission was in the bytes that cannot be read."""
    # Given garbage in a later topic, when there is need of an envelope, then the offset is unknown
    envelope = last.fallback(message(b"garbage", offset=5))
    assert envelope is not None
    assert envelope["submitted_offset"] == UNKNOWN_OFFSET


def test_a_job_id_inside_makes_up_for_a_missing_key(
    first: StageRecords, last: StageRecords
) -> None:
    """Both stages find it where their record has it."""
    # Given readable records without a usable key
    # When there is need of an envelope, then it is of the job inside
    for records, value in ((first, submission("in-1")), (last, profile_done("in-1"))):
        envelope = records.fallback(message(value, key=b"no job id!"))
        assert envelope is not None
        assert envelope["job_id"] == "in-1"


@pytest.mark.parametrize(
    "value", [None, b"", b"garbage", submission("no job id!"), submission("x" * 200)]
)
def test_a_record_that_names_no_job_has_no_envelope(
    first: StageRecords, value: bytes | None
) -> None:
    """There is nobody to tell."""
    # Given a record with no job_id anywhere, when there is need of an envelope, then there is none
    assert first.fallback(message(value, key=None)) is None


def test_a_stage_notes_where_the_record_lay_that_it_took(codec: Codec, pipeline: Pipeline) -> None:
    """By it the job can be run again from any stage: offsets, first stage first."""
    # Given a job that the first stage took at 7, and one of which no such thing is known
    second = StageRecords(codec, pipeline, Catalog.load(), pipeline.stages[1])
    for known, expected in (([7], [7, 42]), ([], [-1, 42]), ([7, 8, 9], [7, 42])):
        # When the second stage opens its record at 42
        envelope, _ = second.open(message(profile_done(sources=known), offset=42))

        # Then both are known, and what came of an earlier attempt is not
        assert envelope["sources"] == expected


def test_of_tags_a_job_carries_those_that_fit(first: StageRecords) -> None:
    """Whatever a producer wrote, a state stays small, and a tag needs no quoting."""
    # Given a submission with tags that fit, one twice, and some that do not
    odd = ["", "a b", "ä", "x" * 65, "off\n", "nul\x00"]
    tags = ["off-peak", "customer:42", "off-peak", *odd, *(f"n{i}" for i in range(20))]

    # When it is opened
    envelope, _ = first.open(message(submission(tags=tags)))

    # Then those are carried, each once, sixteen at most
    assert envelope["tags"] == ["off-peak", "customer:42", *(f"n{i}" for i in range(14))]
