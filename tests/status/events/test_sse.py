"""Events as bytes, read back by a parser written against the standard."""

from support.status.events.sse import Event, Parser

from status.events import sse


def test_an_event_is_read_back_as_it_was() -> None:
    """Name, data and id come through, whatever characters the data has."""
    # Given data with a line separator, a letter beyond ASCII and an escaped line end
    data = '{"title":"d\u2028\u00fc:\\n 1.csv"}'

    # When an event of it is written with an id and read
    events, parser = _parsed(sse.with_id(sse.event("job", data.encode()), "3f:1:2"))

    # Then name, data and id are what was written
    assert events == [Event("3f:1:2", "job", data)]
    assert parser.last_id == "3f:1:2"


def test_an_event_without_an_id_leaves_the_id_of_the_one_before() -> None:
    """So only the last event of a batch has to claim that all of it was seen."""
    # Given an event with an id
    first = sse.with_id(sse.event("job", b"1"), "3f:1:2")

    # When one without follows
    events, _ = _parsed(first + sse.event("job", b"2"))

    # Then it has that id too
    assert [event.id for event in events] == ["3f:1:2", "3f:1:2"]


def test_a_mark_moves_the_id_and_no_event_reaches_the_page() -> None:
    """A reader that found nothing new still learns where it stands."""
    # Given a mark, which has an id and no data
    mark = sse.mark("3f:5:6")

    # When it is read
    events, parser = _parsed(mark)

    # Then there is no event, and the id has moved
    assert (events, parser.last_id) == ([], "3f:5:6")


def test_the_opening_sets_the_retry_and_a_heartbeat_is_a_comment() -> None:
    """Neither is an event."""
    # Given the opening of a stream and a heartbeat
    stream = sse.OPENING + sse.HEARTBEAT

    # When they are read
    events, parser = _parsed(stream)

    # Then there is no event: one has set the retry, the other is a comment
    assert (events, parser.retry_ms, parser.comments) == ([], 1000, 1)


def _parsed(data: bytes) -> tuple[list[Event], Parser]:
    parser = Parser()
    return list(parser.feed(data.decode().split("\n"))), parser
