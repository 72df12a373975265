"""P1 as the runtime sees it: a record in, a profile in the store, progress on the way."""

import json
from pathlib import Path

import pytest
from support.stages.handling import PROFILE_KEY, Handlers, RecordingContext

from headway.base.errors import Abandoned, ObjectNotFound, PermanentError

SMALL = b"id,name\n1,ada\n2,bob\n3,cyd\n"


def test_the_record_names_the_profile_and_the_files_shape(handlers: Handlers) -> None:
    """The next stage's record has the profile's key and size, and rows by columns."""
    # Given a file of 3 rows and 2 columns in the record, when it is profiled
    done = handlers.run_p1({"source": {"content": SMALL}, "delimiter": None})

    # Then the next record has what P2 needs, and the user gets nothing yet
    profile = handlers.store.get_bytes(PROFILE_KEY)
    assert done.payload == {
        "profile": {"key": PROFILE_KEY, "size_bytes": len(profile)},
        "rows": 3,
        "columns": 2,
    }
    assert done.result == ()


def test_two_jobs_keep_their_profiles_apart(handlers: Handlers) -> None:
    """What one job wrote is still its own after another has run."""
    # Given a job that has written its profile
    first = handlers.run_p1({"source": {"content": b"id\n1\n"}}, job_id="first")
    written = handlers.store.get_bytes(first.payload["profile"]["key"])

    # When another runs with the same store
    second = handlers.run_p1({"source": {"content": SMALL}}, job_id="second")

    # Then both profiles are there
    assert handlers.store.get_bytes(first.payload["profile"]["key"]) == written
    assert handlers.store.get_bytes(second.payload["profile"]["key"]) != written


def test_content_and_reference_give_the_same_profile(handlers: Handlers) -> None:
    """It makes no difference whether the bytes came in the record or by claim check."""
    # Given the same bytes in the store
    handlers.store.put_bytes("uploads/job/source.csv", SMALL)

    # When they are profiled from a record and from there
    inline = handlers.profile(SMALL)
    handlers.run_p1({"source": {"key": "uploads/job/source.csv", "size_bytes": len(SMALL)}})

    # Then the profiles are equal
    assert json.loads(handlers.store.get_bytes(PROFILE_KEY)) == inline


def test_the_same_file_gives_the_same_bytes(handlers: Handlers) -> None:
    """A job that runs again after a crash writes exactly the profile it wrote before."""
    # Given a file with columns of several kinds
    content = b"a,b,c\n" + b"".join(b"%d,%d.5,w%d\n" % (n, n * 7 % 13, n % 5) for n in range(500))

    # When it is profiled twice
    handlers.profile(content)
    first = handlers.store.get_bytes(PROFILE_KEY)
    handlers.profile(content)

    # Then the second profile is the first, byte by byte
    assert handlers.store.get_bytes(PROFILE_KEY) == first


def test_a_file_in_scratch_parts_profiles_like_one_in_memory(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where batches are spilled to scratch files, nothing of the profile changes."""
    # Given the profile of a file that was held in memory, odd values and gaps included
    lines = [f"{n},{n % 7}.{n % 10},w{n % 50},2024-01-{n % 28 + 1:02d},{n % 2}" for n in range(900)]
    lines[100] = "x,NA,,,"
    content = "id,num,word,day,flag\n" + "\n".join(lines)
    whole = handlers.profile(content)

    # When it is spilled in parts, and one or many columns are loaded at a time,
    # then the profile is the same
    monkeypatch.setattr("p1.reading.rows._BATCH_VALUES", 500)
    for loaded_values in (1, 2000):
        monkeypatch.setattr("p1.reading.table._LOADED_VALUES", loaded_values)
        assert handlers.profile(content) == whole


def test_a_large_reference_is_copied_to_scratch_and_cleared(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file too large for memory goes through scratch files, of which none stays."""
    # Given a file larger than what is held in memory
    monkeypatch.setattr("p1.reading.source._IN_MEMORY_BYTES", 100)
    content = b"a,b\n" + b"1,2\n" * 5000
    handlers.store.put_bytes("uploads/x", content)

    # When it is profiled
    done = handlers.run_p1({"source": {"key": "uploads/x", "size_bytes": len(content)}})

    # Then it was read whole by way of scratch, and scratch is empty again
    assert done.payload["rows"] == 5000
    assert "copying the file" in {note for _, note in handlers.context.reports}
    assert list(handlers.scratch.iterdir()) == []


def test_progress_only_rises_and_ends_at_one(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watcher sees the stage go from its start to its end and never back."""
    # Given a file that takes several steps to copy and to read
    monkeypatch.setattr("p1.reading.rows._BATCH_VALUES", 5000)
    monkeypatch.setattr("p1.reading.source._IN_MEMORY_BYTES", 100)
    handlers.store.put_bytes("uploads/x", b"a,b\n" + b"1,22\n" * 50_000)

    # When it is profiled
    handlers.run_p1({"source": {"key": "uploads/x", "size_bytes": 0}})

    # Then what was reported goes up to 1, with steps on the way
    fractions = [fraction for fraction, _ in handlers.context.reports]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= 0.1
    assert fractions[-1] == 1.0
    assert len({fraction for fraction in fractions if 0.1 < fraction < 0.6}) > 3


@pytest.mark.parametrize("report", range(3))
def test_a_lost_partition_stops_the_work_and_leaves_nothing(
    handlers: Handlers, report: int
) -> None:
    """Abandoned goes through, whichever report raises it; scratch is empty, nothing is stored."""
    # Given a job whose partition is lost at one of its first reports
    handlers.context = RecordingContext(abandon_at=report)

    # When it runs, then it stops
    with pytest.raises(Abandoned):
        handlers.profile(SMALL)

    # Then nothing of it is left, in scratch or in the store
    assert list(handlers.scratch.iterdir()) == []
    with pytest.raises(ObjectNotFound):
        handlers.store.size(PROFILE_KEY)


@pytest.mark.parametrize(("announced_bytes", "told"), [(0, "1.5 MB"), (2_000_000, "2 MB")])
def test_a_file_over_the_limit_is_refused_by_either_size(
    handlers: Handlers, announced_bytes: int, told: str
) -> None:
    """The announced size is believed only when it refuses; the store is asked in any case."""
    # Given a file that is too large by what the record says, or only by what the store says
    handlers.limit_bytes = 1_000_000
    stored_bytes = 1_500_000 if announced_bytes == 0 else 10
    handlers.store.put_bytes("uploads/x", b"x" * stored_bytes)

    # When it is profiled, then it is refused with that size
    with pytest.raises(PermanentError, match=f"The file is {told}; the limit is 1 MB. Split"):
        handlers.run_p1({"source": {"key": "uploads/x", "size_bytes": announced_bytes}})


def test_content_over_the_limit_is_refused(handlers: Handlers) -> None:
    """A record's own bytes are held to the same limit."""
    # Given a limit, when a record carries more than that, then its file is refused
    handlers.limit_bytes = 1024

    assert "the limit is" in handlers.refusal(b"a,b\n" + b"1,2\n" * 1000)


def test_a_store_that_sends_more_than_it_said_is_refused(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A size that was true when asked is checked again while the bytes come in."""
    # Given a store that says 1,000 bytes and sends 2 MB
    monkeypatch.setattr("p1.reading.source._IN_MEMORY_BYTES", 100)
    monkeypatch.setattr(handlers.store, "size", lambda _key: 1000)
    handlers.limit_bytes = 1_000_000
    handlers.store.put_bytes("uploads/x", b"1,2\n" * 500_000)

    # When the file is copied, then it is refused by what has come
    with pytest.raises(PermanentError, match="the limit is 1 MB"):
        handlers.run_p1({"source": {"key": "uploads/x", "size_bytes": 1000}})


def test_a_missing_upload_is_named(handlers: Handlers) -> None:
    """A reference to nothing fails with the key in the message."""
    # Given a record that refers to nothing, when it is profiled, then the key is told
    with pytest.raises(ObjectNotFound, match="uploads/none"):
        handlers.run_p1({"source": {"key": "uploads/none", "size_bytes": 1}})


def test_a_key_out_of_the_store_is_refused(handlers: Handlers, tmp_path: Path) -> None:
    """Any producer may write a record, so a key that climbs out of the store is an error."""
    # Given a file beside the store
    (tmp_path / "secret").write_text("a,b\n1,2\n", encoding="utf-8")

    # When a record's key leads to it, then it is refused unread
    with pytest.raises(PermanentError, match="no usable key"):
        handlers.run_p1({"source": {"key": "../secret", "size_bytes": 1}})
