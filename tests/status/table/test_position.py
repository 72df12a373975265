"""Positions as text and as vectors."""

import pytest

from status.table.position import (
    Position,
    PositionError,
    Source,
    Vector,
    origin_of,
    parse_position,
    place_of,
)


def test_a_position_is_read_back_from_its_text() -> None:
    """The text is what stands in an event's id."""
    # Given a position in five topics of three partitions
    offsets = ((12, 0, 7), (40, 3, 19), (9, 0, 1), (2, 0, 0), (1, 0, 0))
    position = Position.at("3f0c9d2ab7e1", Vector(offsets))

    # When it is written
    text = str(position)

    # Then the text is the epoch and the offsets, and reads back as the position
    assert text == "3f0c9d2ab7e1:12.0.7:40.3.19:9.0.1:2.0.0:1.0.0"
    assert parse_position(text) == position


def test_a_position_in_the_middle_of_a_sending_tells_what_may_have_been_seen_too() -> None:
    """Its reader is sent what is above the first, by a table that has come as far as the second."""
    # Given a position that claims one vector and may have seen another
    position = Position("3f", seen((12, 0), (40, 3), (9, 0)), seen((13, 0), (44, 3), (9, 6)))

    # When it is written
    text = str(position)

    # Then the text has the first and how far the second is beyond it, and reads back
    assert text == "3f:12.0:40.3:9.0:0.0:0.0~1.0:4.0:0.6:0.0:0.0"
    assert parse_position(text) == position


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not an epoch and the offsets of 5 topics"),
        ("garbage", "is not an epoch and the offsets of 5 topics"),
        ("3f:1.2:1.2:1.2", "is not an epoch and the offsets of 5 topics"),
        ("3f:1.2:1.2:1.2:1.2:1.2~1.2:1.2", "is not an epoch and the offsets of 5 topics"),
        ("3f:1:1:1:1:1~", "is not an epoch and the offsets of 5 topics"),
        ("xyz:1:1:1:1:1", "is not an epoch and the offsets of 5 topics"),
        ("3f:1.-2:1:1:1:1", "is no offset"),
        ("3f:1..2:1:1:1:1", "is no offset"),
        ("3f:1:1:1:1:99999999999999", "is no offset"),
        ("3f:1.2:1:1:1:1", "different numbers of partitions: 2, 1, 1, 1, 1"),
        (
            "3f:1:1:1:1:1~1:1:1:1:1.2",
            "different numbers of partitions: 1, 1, 1, 1, 1, 1, 1, 1, 1, 2",
        ),
        ("3f:1:1:1:1:" + "1." * 20_000 + "1", "is not an epoch and the offsets of 5 topics"),
        ("3f:1:1:1:1:1\n", "is no offset"),
        ("3f:\u0661:1:1:1:1", "is no offset"),
    ],
)
def test_a_text_that_is_no_position_is_named_with_what_is_wrong(text: str, reason: str) -> None:
    """Ids come from outside, in a header or an address."""
    # Given a text nobody here wrote
    # When it is read, which is refused
    with pytest.raises(PositionError) as raised:
        parse_position(text)

    # Then the reason is what is wrong with it
    assert reason in str(raised.value)


def test_a_vector_covers_another_if_no_partition_of_it_is_behind() -> None:
    """One partition behind is enough not to have seen everything."""
    # Given a vector
    vector = seen((1, 2), (3, 4), (5, 6))

    # When it is held against itself, one behind it, and some with something it has not seen
    covered = [vector.covers(other) for other in (vector, seen((0, 2), (3, 1), (5, 5)))]
    behind = (
        seen((2, 0), (0, 0), (0, 0)),
        seen((1, 2), (3, 5), (5, 6)),
        seen((1, 2), (3, 4), (5, 7)),
        seen((1, 2, 0), (3, 4, 0), (5, 6, 0)),
    )
    uncovered = [vector.covers(other) for other in behind]

    # Then it covers the first two alone
    assert covered == [True, True]
    assert uncovered == [False] * 4


def test_a_vector_advances_one_partition_and_never_goes_back() -> None:
    """A page that was read before cannot undo what a later one has seen."""
    # Given a vector
    vector = seen((1, 2), (3, 4), (5, 6))

    # When two of its partitions advance, and one of these is told to go back
    ahead = vector.advanced(Source.STATE, 1, 9).advanced(Source.SUBMITTED, 0, 5)
    back = ahead.advanced(Source.STATE, 1, 0)

    # Then those two are where they came to, and nothing else has changed
    assert ahead == back == seen((5, 2), (3, 9), (5, 6))


def test_a_vector_has_seen_what_lies_below_it() -> None:
    """A vector holds next offsets."""
    # Given a vector that is at offset 5 of its first partition
    vector = seen((5, 0), (0, 0), (0, 0))

    # When it is asked for offset 4 and 5 there, and for a partition it does not have
    found = [vector.has_seen(Source.SUBMITTED, *record) for record in ((0, 4), (0, 5), (7, 0))]

    # Then it has seen offset 4 alone
    assert found == [True, False, False]


def test_origins_sort_by_source_then_partition_then_offset() -> None:
    """So what is newer than a vector is a range for each partition."""
    # Given places in order, from the first to the last that can be
    places = [
        (source, partition, offset)
        for source in (Source.SUBMITTED, Source.STATE)
        for partition in (0, 1, 65_535)
        for offset in (0, 1, 10**13)
    ]

    # When each is made a number
    origins = [origin_of(*place) for place in places]

    # Then the numbers are in that order, all different, and fit into the table
    assert origins == sorted(origins)
    assert len(set(origins)) == len(places)
    assert max(origins) < 2**63


def test_an_origin_stands_for_one_place() -> None:
    """The first and the last of every part come back as they were."""
    # Given places all over the topics
    places = [
        (source, partition, offset)
        for source in Source
        for partition in (0, 1, 5, 200)
        for offset in (0, 1, 2**40)
    ]

    # When each is made a number and read back
    back = [place_of(origin_of(*place)) for place in places]

    # Then it is the place it was
    assert back == places


def test_a_vector_that_grows_has_seen_nothing_of_what_is_new() -> None:
    """And is exactly as wide as it was told."""
    # Given a vector of two partitions that has seen something
    vector = Vector.beginning(2).advanced(Source.STATE, 1, 7)

    # When it is widened to five
    wide = vector.widened(5)

    # Then it has seen what it had, and nothing of the new ones or beyond them
    assert wide.partitions == 5
    assert wide.of(Source.STATE) == (0, 7, 0, 0, 0)
    assert not wide.has_seen(Source.STATE, 5, 0)


def seen(*parts: tuple[int, ...]) -> Vector:
    """One that has seen that of the first topics, and nothing of the others."""
    nothing = (0,) * len(parts[0])
    return Vector((*parts, *[nothing] * (len(Source) - len(parts))))
