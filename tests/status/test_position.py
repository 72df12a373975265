"""Positions as text and as vectors."""

import pytest

from status.position import (
    Position,
    PositionError,
    Source,
    Vector,
    origin_of,
    parse_position,
)


def test_a_position_is_read_back_from_its_text() -> None:
    """The text is what stands in an event's id."""
    # given
    position = Position("3f0c9d2ab7e1", Vector((12, 0, 7), (40, 3, 19)))
    # when
    text = str(position)
    # then
    assert text == "3f0c9d2ab7e1:12.0.7:40.3.19"
    assert parse_position(text) == position


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not epoch:offsets:offsets"),
        ("garbage", "is not epoch:offsets:offsets"),
        ("3f:1.2", "is not epoch:offsets:offsets"),
        ("3f:1.2:1.-2", "is not epoch:offsets:offsets"),
        ("3f:1..2:1.2.3", "is no offset"),
        ("3f:1.2:1.99999999999999", "is no offset"),
        ("3f:1.2:1", "2 partitions of jobs.submitted, 1 of job-state"),
        ("3f:" + "1." * 3000 + "1:1", "is not epoch:offsets:offsets"),
        ("3f:1:1\n", "is not epoch:offsets:offsets"),
        ("3f:\u0661:1", "is not epoch:offsets:offsets"),
    ],
)
def test_a_text_that_is_no_position_is_named_with_what_is_wrong(text: str, reason: str) -> None:
    """Ids come from outside, in a header or an address."""
    # given: a text nobody here wrote
    # when
    with pytest.raises(PositionError) as raised:
        parse_position(text)
    # then
    assert reason in str(raised.value)


def test_a_vector_covers_another_if_no_partition_of_it_is_behind() -> None:
    """One partition behind is enough not to have seen everything."""
    # given
    vector = Vector((1, 2), (3, 4))
    # when
    covered = [vector.covers(other) for other in (vector, Vector((0, 2), (3, 1)))]
    uncovered = [vector.covers(other) for other in (Vector((2, 0), (0, 0)), Vector((1, 2), (3, 5)))]
    # then
    assert covered == [True, True]
    assert uncovered == [False, False]


def test_a_vector_advances_one_partition_and_never_goes_back() -> None:
    """A page that was read before cannot undo what a later one has seen."""
    # given
    vector = Vector((1, 2), (3, 4))
    # when
    ahead = vector.advanced(Source.STATE, 1, 9).advanced(Source.SUBMITTED, 0, 5)
    back = ahead.advanced(Source.STATE, 1, 0)
    # then
    assert ahead == back == Vector((5, 2), (3, 9))


def test_a_vector_has_seen_what_lies_below_it() -> None:
    """A vector holds next offsets."""
    # given
    vector = Vector((5, 0), (0, 0))
    # when
    seen = [vector.has_seen(Source.SUBMITTED, *record) for record in ((0, 4), (0, 5), (7, 0))]
    # then
    assert seen == [True, False, False]


def test_origins_sort_by_source_then_partition_then_offset() -> None:
    """So what is newer than a vector is a range for each partition."""
    # given
    places = [
        (source, partition, offset)
        for source in (Source.SUBMITTED, Source.STATE)
        for partition in (0, 1, 65_535)
        for offset in (0, 1, 10**13)
    ]
    # when
    origins = [origin_of(*place) for place in places]
    # then
    assert origins == sorted(origins)
    assert len(set(origins)) == len(places)
    assert max(origins) < 2**63
