"""When an answer has to wait, or is that it is too early."""

import asyncio

import httpx
import pytest
from support.status.rig import EPOCH, Rig
from support.status.topics import PARTITIONS, Log
from support.status.web import Web

from status.answers import tablereads
from status.reading.cluster import Ends
from status.table.position import Vector


@pytest.mark.parametrize("path", ["/jobs", "/jobs/a", "/jobs/a/status", "/jobs/a/files/x"])
def test_nothing_is_told_while_the_table_is_built(building: Rig, log: Log, path: str) -> None:
    """A past that was read in the wrong order may never have been true."""
    # Given a job that has been read by a table that has not caught up
    log.submission("a")
    building.apply()

    # When it is asked for
    response = Web(building).get(path)

    # Then the answer is to come again in a second
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("base", "more", "answer"), [(EPOCH, 1, 503), ("of others", 0, 503), (EPOCH, 0, 404)]
)
def test_that_a_job_is_unknown_is_said_of_all_that_kafka_has(
    rig: Rig, log: Log, monkeypatch: pytest.MonkeyPatch, base: str, more: int, answer: int
) -> None:
    """A replica that lags, or cannot ask how far there is to read, does not know yet."""
    # Given a cluster that has as much as the table, or more, or is another one than the table's
    monkeypatch.setattr(tablereads, "_AFTER_SECONDS", 0.001)
    log.submission("a")
    rig.apply()
    vector = rig.freshness.vector
    further = vector.plus(Vector(((more,) * PARTITIONS, *vector.parts[1:])))
    rig.ends = Ends(base, further, further)

    # When a job is asked for that the table does not have
    response = Web(rig).get("/jobs/b")

    # Then it is unknown if the table has all there is, and not known yet otherwise
    assert response.status_code == answer


def test_while_kafka_is_away_known_jobs_are_told_and_others_may_yet_come(
    rig: Rig, log: Log
) -> None:
    """The table is a true past; what is not in it may have been written since."""
    # Given a job in the table, and a cluster that does not answer
    log.submission("a")
    rig.apply()
    web, rig.reachable = Web(rig), False

    # When it and another are asked for
    known, other = web.get("/jobs/a"), web.get("/jobs/b")

    # Then it is told, and of the other that it is not known yet
    assert (known.status_code, other.status_code) == (200, 503)
    assert "not known yet" in other.json()["detail"]


def test_a_job_that_is_read_while_kafka_is_asked_is_told(rig: Rig, log: Log) -> None:
    """It was acknowledged before the question came, so it is not unknown."""
    # Given a job that Kafka has and the table has not
    log.submission("late")
    batch = log.batch()
    vector = rig.freshness.vector
    for (source, partition), offset in batch.offsets.items():
        vector = vector.advanced(source, partition, offset)
    rig.ends = Ends(rig.freshness.position.base, vector, vector)

    async def exchange() -> int:
        transport = httpx.ASGITransport(rig.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://status") as client:
            asked = asyncio.ensure_future(client.get("/jobs/late"))
            await asyncio.sleep(0.05)

            # When it is read after it was asked for
            rig.publish(rig.materializer.apply(batch))
            return (await asked).status_code

    # Then it is told
    assert asyncio.run(exchange()) == 200


def test_a_read_waits_for_the_write_it_follows(rig: Rig, log: Log) -> None:
    """A submission answers with its position; with that, a read is never too early."""
    # Given a submission that is acknowledged and not yet read
    log.submission("a")
    [message] = messages = log.take()
    position = f"{message.partition()}:{message.offset()}"
    app = rig.app()

    async def exchange() -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://status") as client:
            # When its job is asked for with its place, and it is read while the question waits
            asked = asyncio.ensure_future(client.get(f"/jobs/a?after={position}"))
            for _ in range(50):
                await asyncio.sleep(0)
            assert not asked.done()
            log.put_back(messages)
            rig.apply()
            return (await asked).status_code

    # Then the job is told
    assert asyncio.run(exchange()) == 200


def test_a_read_that_waits_in_vain_says_so(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not answer with what is older than was asked for."""
    # Given little patience, and a place that is never read
    monkeypatch.setattr(tablereads, "_AFTER_SECONDS", 0.01)

    # When a job is asked for with it
    response = web.get("/jobs/a?after=0:0")

    # Then the answer is that the place has not been read
    assert response.status_code == 503
    assert "has not been read" in response.json()["detail"]
