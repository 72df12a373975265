"""What pauses the stages, as streams of events and REST tell it."""

import asyncio

from support.status.events.sse import Event, Parser
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web

from status.pauses.board import Pause

AWAY = Pause("p1", "p1-0", "breaker:object store", 1_760_000_000_000, 6)
TOLD = {"pauses": [{**AWAY._asdict(), "since": "2025-10-09T08:53:20.000Z"}]}


def test_whoever_comes_is_told_first_and_hears_every_change(rig: Rig, log: Log) -> None:
    """Without an id, as it is no part of what was seen of jobs."""
    # Given a stage that waits for its store, and a reader of all jobs
    log.submission("a")
    rig.apply()
    rig.hub.tell_pauses((AWAY,))

    async def read() -> list[Event]:
        parser = Parser()
        with rig.hub.connect() as client:
            stream = rig.feeds.all_jobs(client, None)
            events = list(parser.feed((await anext(stream)).decode().split("\n")))
            events += parser.feed((await anext(stream)).decode().split("\n"))

            # When the store is there again, after a moment in which two reasons were told
            rig.hub.tell_pauses((AWAY, AWAY._replace(stage="p2")))
            rig.hub.tell_pauses(())
            events += parser.feed((await anext(stream)).decode().split("\n"))
            return events

    first, job, last = asyncio.run(read())

    # Then it was told at once, before any job, and of the newest alone when it changed
    assert (first.event, first.json(), first.id) == ("pauses", TOLD, "")
    assert job.event == "job"
    assert (last.event, last.json(), last.id) == ("pauses", {"pauses": []}, job.id)


def test_a_reader_that_is_not_listening_yet_hears_of_a_change_too(rig: Rig) -> None:
    """It catches up in pages, and hears nothing of jobs meanwhile."""
    # Given a client that has not begun to listen
    with rig.hub.connect("a") as client:
        # When something begins to pause a stage
        rig.hub.tell_pauses((AWAY,))

        # Then it waits for the client, once
        assert b"event: pauses" in client.aside()
        assert client.aside() == b""


def test_pauses_can_be_asked_for(rig: Rig, web: Web) -> None:
    """By whoever has no stream."""
    # Given a service that has heard of nothing
    before = web.json("/pauses")

    # When a stage waits for its store
    rig.hub.tell_pauses((AWAY,))

    # Then that is told, with the time at which it began
    assert before == {"pauses": []}
    assert web.json("/pauses") == TOLD
