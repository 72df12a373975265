"""What a reader is told while it has to wait."""

import asyncio

import pytest
from support.status.events.reader import nines, stream_of
from support.status.rig import Rig
from support.status.topics import Log

from status.answers import tablereads
from status.reading.cluster import Ends
from status.table.position import Position


@pytest.mark.usefixtures("impatient")
def test_a_job_is_gone_only_if_kafka_has_nothing_more_to_say_of_it(
    rig: Rig, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica that has begun again or lags does not know of a job that was acknowledged."""
    # Given a watcher of a job that Kafka has and the table has not
    monkeypatch.setattr(tablereads, "_AFTER_SECONDS", 0.001)
    log.submission("late")
    batch = log.batch()
    vector = rig.freshness.vector
    for (source, partition), offset in batch.offsets.items():
        vector = vector.advanced(source, partition, offset)
    rig.ends = Ends(rig.freshness.position.base, vector, vector)

    async def read() -> tuple[bytes, bytes]:
        with rig.hub.connect("late") as client:
            stream = rig.feeds.one_job(client, "late", None)
            await anext(stream)
            before = await anext(stream)

            # When the table has read it
            rig.publish(rig.materializer.apply(batch))
            return before, await anext(stream)

    before, after = asyncio.run(read())

    # Then the watcher was told to wait, and now how the job is
    assert b"event: waiting" in before
    assert b'"status":"QUEUED"' in after


@pytest.mark.usefixtures("impatient")
def test_while_the_table_is_built_a_reader_is_held_with_heartbeats(building: Rig, log: Log) -> None:
    """It would be shown a past; a refusal a browser would take for final."""
    # Given a table that is still being built, and a reader that waits
    log.submission("a")

    async def read() -> tuple[list[bytes], list[bytes]]:
        with building.hub.connect() as client:
            stream = building.feeds.all_jobs(client, None)
            before = [await anext(stream) for _ in range(3)]

            # When the table has caught up
            building.catch_up()
            return before, [await anext(stream)]

    before, after = asyncio.run(read())

    # Then the reader was told why it waits, and is now told the job
    waiting = b'event: waiting\ndata: {"reason": "the table of jobs is being built"}\n\n'
    assert before == [b"retry: 1000\n\n", waiting, waiting]
    assert b'"job_id":"a"' in after[0]


def test_a_stream_that_is_ended_while_it_waits_says_nothing_more(rig: Rig) -> None:
    """At the end of a process it knows nothing that it has not said."""
    # Given readers that would have to wait, be told of a reset, or that a job is gone
    wanted = str(Position.at(rig.freshness.epoch, nines()))

    async def read(job_id: str | None, last_id: str | None) -> list[bytes]:
        with rig.hub.connect(job_id) as client:
            client.end()
            return [data async for data in stream_of(rig.feeds, client, job_id, last_id)]

    # When their streams are ended before they begin
    sent = [
        asyncio.run(read(job_id, last_id))
        for job_id in (None, "nope")
        for last_id in (None, wanted, "garbage")
    ]

    # Then none is told more than when to come again
    assert sent == [[b"retry: 1000\n\n"]] * 6
