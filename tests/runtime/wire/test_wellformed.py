"""A record that the specification does not allow is refused, in few words and at little cost."""

import pytest
from support.kafka.messages import profile_done, submission

from headway.base.errors import DecodeError
from headway.wire.codec import Codec
from headway.wire.envelope import encode_long
from headway.wire.leb128 import encode_unsigned
from headway.wire.wellformed import MOST_ITEMS, may_lie


def _submission(*parts: bytes) -> bytes:
    return Codec().header("job-submitted") + b"".join(parts)


def _text(data: bytes) -> bytes:
    return encode_long(len(data)) + data


def _wide(number: int) -> bytes:
    """*number* of any size, as no writer of ours would write it."""
    return encode_unsigned(number << 1 if number >= 0 else (-number << 1) - 1)


#: Large enough that a record with it is looked at closely.
_TITLE = _text(b"title" * 1000)
_ATTEMPT = encode_long(1)
_NONE, _INLINE, _CONTENT = b"\x00", b"\x00", _text(b"a\n1\n")
#: No tags; and no `not_before` in a submission, no sources in an envelope.
_BARE = b"\x00\x00"
_HEAD = _text(b"job-1") + _ATTEMPT + _NONE + _BARE + _TITLE
#: A step of a timeline, as short as one can be.
_EMPTY_STEP = _text(b"") + encode_long(0) + _ATTEMPT + _NONE


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ((_HEAD, _wide(2**66), _INLINE, _CONTENT), "no long at byte"),
        ((_HEAD, _wide(2**63), _INLINE, _CONTENT), "no long at byte"),
        ((_HEAD, b"\x80" * 10 + b"\x00", _INLINE, _CONTENT), "no long at byte"),
        ((_HEAD, b"\x80" * 1_000_000 + b"\x00", _INLINE, _CONTENT), "no long at byte"),
        ((_HEAD, b"\xff" * 9 + b"\x02", _INLINE, _CONTENT), "no long at byte"),
        ((_HEAD, encode_long(-1), _INLINE, _CONTENT), "branch -1 of a union of 2"),
        ((_HEAD, encode_long(2), _INLINE, _CONTENT), "branch 2 of a union of 2"),
        ((_HEAD, _NONE, _INLINE, encode_long(-1), b"rest"), "a length of -1"),
        ((_HEAD, _NONE, _INLINE, encode_long(-(2**63)), b"rest"), "a length of -9223"),
        ((_HEAD, _NONE, _INLINE, encode_long(2**40), b"rest"), "1,099,511,627,772 bytes are"),
        ((_HEAD, _NONE, _INLINE, encode_long(2**63 - 1), b"rest"), "bytes are missing"),
        ((_wide(2**64), _HEAD, _NONE, _INLINE, _CONTENT), "no long at byte"),
        (
            (_text(b"\xff"), _ATTEMPT, _NONE, _BARE, _text(b"t"), _NONE, _INLINE, _CONTENT),
            "UnicodeDecodeError",
        ),
        (
            (_text(b"\xed\xa0\x80"), _ATTEMPT, _NONE, _BARE, _text(b"t"), _NONE, _INLINE, _CONTENT),
            "UnicodeDecodeError",
        ),
        ((_HEAD,), "it is cut"),
    ],
)
def test_a_submission_that_the_specification_does_not_allow_is_refused(
    codec: Codec, body: tuple[bytes, ...], words: str
) -> None:
    """Numbers above 64 bits, branches and lengths below zero, sizes beyond the record."""
    # Given such a body, when it is decoded, then it is refused by name and in a few words
    with pytest.raises(DecodeError, match=f"the body is no job-submitted v4: .*{words}") as caught:
        codec.decode(_submission(*body), "job-submitted")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("timeline", "words"),
    [
        (encode_long(2**40), "1,099,511,627,776 items, above 100,000"),
        (encode_long(2**63 - 1), "items, above 100,000"),
        (encode_long(-(2**63)) + encode_long(1), "items, above 100,000"),
        (encode_long(MOST_ITEMS + 1) + _EMPTY_STEP * (MOST_ITEMS + 1), "100,001 items"),
        ((encode_long(50_001) + _EMPTY_STEP * 50_001) * 2, "100,002 items"),
        (encode_long(3) + _EMPTY_STEP, "it is cut"),
    ],
    ids=["2^40", "2^63-1", "-2^63", "one block", "two blocks", "cut"],
)
def test_a_count_that_no_record_can_hold_costs_nothing(
    codec: Codec, timeline: bytes, words: str
) -> None:
    """Twenty bytes that claim a trillion items are refused by the claim."""
    # Given a record whose timeline claims them
    head = _text(b"job-1") + encode_long(1) + _NONE + _BARE + _TITLE + encode_long(1) * 2
    data = codec.header("profile-done") + head + timeline

    # When it is decoded, then it is refused
    with pytest.raises(DecodeError, match=words):
        codec.decode(data, "profile-done")


@pytest.mark.parametrize("number", [2**63, 2**66, 2**70 - 1, -(2**63) - 1])
def test_a_number_of_more_than_64_bits_is_found_in_a_record_of_any_size(
    codec: Codec, number: int
) -> None:
    """Few records need the close look, and those that wrap are among them."""
    # Given a record of a common size with such a number, wherever it stands
    for body in (
        (_wide(number), b"job-1"),
        (_text(b"j"), _ATTEMPT, _NONE, _BARE, _text(b"t"), _wide(number)),
    ):
        # When it is decoded, then it is refused
        with pytest.raises(DecodeError, match="no long at byte"):
            codec.decode(_submission(*body), "job-submitted")


def test_a_count_beyond_a_small_record_is_refused_where_the_record_ends(codec: Codec) -> None:
    """Twenty bytes cost what twenty bytes hold, whatever they claim."""
    # Given a small record that claims a trillion steps, when it is decoded, then it is refused
    head = _text(b"j") + encode_long(1) + _NONE + _BARE + _text(b"t") + encode_long(1) * 2
    for count in (2**40, 2**62, -(2**40)):
        data = codec.header("profile-done") + head + encode_long(count) + b"\x02A\x02\x02\x00" * 3
        with pytest.raises(DecodeError):
            codec.decode(data, "profile-done")


def test_common_records_are_not_looked_at_closely() -> None:
    """The close look is paid for by those who need it."""
    # Given records of a common size, when they are looked at, then only long runs are suspected
    assert not may_lie(submission(title="Umsätze 2026.csv"))
    assert not may_lie(profile_done())
    assert may_lie(submission(title="売上報告"))
    assert may_lie(submission(source={"content": bytes(5000)}))


def test_blocks_with_their_sizes_are_what_the_specification_allows(codec: Codec) -> None:
    """Other writers write arrays in blocks, with a size or without; they are read."""
    # Given a timeline in two blocks, one with its size
    step = _text(b"QUEUED") + encode_long(5) + _ATTEMPT + _NONE
    blocks = encode_long(-1) + encode_long(len(step)) + step + encode_long(1) + step + b"\x00"
    head = _text(b"job-1") + encode_long(1) + _NONE + _BARE + _text(b"t") + encode_long(1) * 2
    data = codec.header("profile-done") + head + blocks + _text(b"k") + encode_long(1) * 3

    # When it is decoded, then both steps are there
    assert len(codec.decode(data, "profile-done")["job"]["timeline"]) == 2
