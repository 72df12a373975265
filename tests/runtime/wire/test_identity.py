"""Which attempt a record is of, seen without reading it."""

import pytest
from support.golden import examples
from support.kafka.messages import message, profile_done

from headway.edges.kafka import Message
from headway.wire.codec import HEADER_BYTES, Codec
from headway.wire.envelope import MOST_ATTEMPTS, encode_long
from headway.wire.identity import Attempts

_CODEC = Codec()
_PROFILES = Attempts(_CODEC, "profile-done")
_BEFORE = HEADER_BYTES + len(b"\x0ajob-1")


def _seen(of: Attempts, record: Message) -> int:
    return of.of(record.key() or b"", record.value() or b"")


def _with_attempt(data: bytes) -> Message:
    """A record of job-1 with these bytes where its attempt stands."""
    whole = profile_done()
    return message(whole[:_BEFORE] + data + whole[_BEFORE + 1 :])


@pytest.mark.parametrize("attempt", [1, 2, 63, 64, 8191, 8192, MOST_ATTEMPTS])
def test_a_record_tells_its_attempt(attempt: int) -> None:
    """Whatever number of bytes it takes."""
    # Given a record of that attempt, when it is looked at, then that is the attempt
    assert _seen(_PROFILES, message(profile_done(attempt=attempt))) == attempt


@pytest.mark.parametrize("number", [0, -1, MOST_ATTEMPTS + 1, 2**31 - 1, 2**62])
def test_a_number_that_is_no_attempt_counts_as_the_first(number: int) -> None:
    """Such a record is a dead letter, and fails the job as one that says nothing of itself."""
    # Given a record that no stage writes, when it is looked at, then it is of the first
    assert _seen(_PROFILES, _with_attempt(encode_long(number))) == 1


@pytest.mark.parametrize(
    "odd",
    [
        message(None),
        message(b""),
        message(b"garbage"),
        message(profile_done(attempt=7)[:_BEFORE]),
        message(profile_done(attempt=7)[: _BEFORE - 1]),
        message(profile_done()[:_BEFORE] + b"\xff" * 9),
        message(profile_done(attempt=7), key=None),
        message(profile_done(attempt=7), key=b"another"),
        message(bytes(HEADER_BYTES) + profile_done(attempt=7)[HEADER_BYTES:]),
        message(_CODEC.header("job-completed") + profile_done(attempt=7)[HEADER_BYTES:]),
    ],
)
def test_what_is_no_record_of_its_key_counts_as_the_first(odd: Message) -> None:
    """The loop asks of everything that comes, so there is always an answer."""
    # Given something else, when it is looked at, then it is of the first attempt
    assert _seen(_PROFILES, odd) == 1


def test_what_is_seen_is_what_is_read() -> None:
    """Of every golden example, whatever its version."""
    # Given the examples of what stages read
    found = [e for e in examples() if e.record in {"job-submitted", "profile-done"}]
    for example in found:
        fields = _CODEC.decode(example.data, example.record)
        identity = fields.get("job", fields)
        record = message(example.data, key=identity["job_id"].encode())
        # When one is looked at, then its attempt is the one it says, if that can be one
        said = identity.get("attempt", 1)
        expected = said if said <= MOST_ATTEMPTS else 1
        assert _seen(Attempts(_CODEC, example.record), record) == expected
