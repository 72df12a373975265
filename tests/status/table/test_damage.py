"""A file whose content is not what was written: noticed by whoever meets it, and made anew."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.status.records import Records
from support.status.rig import EPOCH, Rig
from support.status.service import StatusService, Writer, Written
from support.status.topics import PARTITIONS, Log
from support.status.web import Web
from support.waiting import wait_until

from localkafka import RunningBroker
from status.answers.query import Table
from status.table.damage import Damage, TableDamaged, is_damage
from status.table.database import FILE_NAME
from status.table.store import Store

PAGE_BYTES = 8192


def damage(path: Path) -> None:
    """Overwrite every page but the first, which holds the header and the names of the tables."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    size = path.stat().st_size
    assert size > 4 * PAGE_BYTES
    with path.open("r+b") as file:
        file.seek(PAGE_BYTES)
        file.write(b"\xff" * (size - PAGE_BYTES))


@pytest.fixture
def damaged(rig: Rig, log: Log) -> Rig:
    """A service whose file was damaged below its feet; what it had cached is read anew."""
    for number in range(100):
        log.submission(f"job-{number}", title="x" * 400)
    rig.apply()
    damage(rig.path)
    with rig.table.closed():
        pass
    return rig


def test_a_read_that_meets_damage_is_answered_that_it_is_too_early(damaged: Rig) -> None:
    """The reader of the topics is told, and makes the table anew."""
    # Given a service with a damaged table
    web = Web(damaged)

    # When jobs are asked for in every way
    answers = [web.get(path) for path in ("/jobs", "/jobs/job-1", "/jobs/job-1/status")]

    # Then each answer is to come again, and the damage is noted
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert "made anew" in answers[0].json()["detail"]
    assert damaged.table._damage.reason


def test_a_stream_that_meets_damage_ends(damaged: Rig) -> None:
    """Its reader comes back by its id, and waits until the table serves it again."""

    # Given readers of the events of a damaged table
    async def read(job_id: str | None) -> list[bytes]:
        with damaged.hub.connect(job_id) as client:
            feeds = damaged.feeds
            stream = feeds.one_job(client, job_id, None) if job_id else feeds.all_jobs(client, None)
            return [data async for data in stream]

    # When they read all jobs, or one
    sent = [asyncio.run(read(job_id)) for job_id in (None, "job-1")]

    # Then their streams end before anything is told
    assert sent == [[b"retry: 1000\n\n"]] * 2


def test_a_tick_that_meets_damage_ends_every_stream(damaged: Rig) -> None:
    """What was not read must not be passed over."""
    # Given a client that listens to a job of a damaged table
    with damaged.hub.connect("job-1") as client:
        client.listen()

        # When that job is to be told
        damaged.hub._moved["job-1"] = None
        damaged.hub._flush(damaged.timers)

        # Then the client is ended
        assert client.ended.is_set()


def test_a_damaged_file_is_made_anew_of_the_same_epoch_and_goes_on_counting(
    tmp_path: Path,
) -> None:
    """Offsets mean what they meant, so ids stay true; no commit looks older than one before."""
    # Given a table that was complete
    path = tmp_path / FILE_NAME
    with Store(path) as store, Table(path, PARTITIONS) as table:
        store.bind(EPOCH)
        store.complete()
        before = store.header

        # When its file is damaged and made anew
        with table.closed():
            path.write_bytes(b"\xff" * 3 * PAGE_BYTES)
            store.rebuild()

        # Then it is empty and not complete, of the same epoch, and counts its commits on
        with table.snapshot() as snapshot:
            assert snapshot.position.epoch == EPOCH
            assert snapshot.sequence > before.sequence
            assert snapshot.counts() == {}
        assert not store.header.complete


def test_a_file_that_is_damaged_behind_its_header_is_made_anew_at_the_start(
    tmp_path: Path,
) -> None:
    """The process must not fail of what Kafka still has."""
    # Given a table whose file is damaged behind its header
    path = tmp_path / FILE_NAME
    with Store(path) as store:
        store.bind(EPOCH)
    damage(path)

    # When it is opened
    with Store(path) as store:
        # Then it is an empty one
        assert store.header.epoch == ""
        assert store.offsets() == {}


@pytest.mark.parametrize(
    ("statement", "values", "expected"),
    [
        ("SELECT * FROM missing", (), True),
        ("SELECT CAST(x'ff' AS TEXT)", (), True),
        ("SELECT", (), False),
        ("INSERT INTO full VALUES (zeroblob(100000))", (), False),
    ],
)
def test_only_what_tells_of_the_files_content_is_damage(
    statement: str, values: tuple[object, ...], *, expected: bool
) -> None:
    """A full disk passes, and a wrong statement is ours."""
    # Given a database without room for much
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE full (x)")
    database.execute("PRAGMA max_page_count = 2")

    # When a statement fails in it
    with pytest.raises(sqlite3.Error) as raised:
        database.execute(statement, values).fetchall()

    # Then that is damage only if what is in the file is the reason
    assert is_damage(raised.value) is expected
    database.close()


def test_damage_is_noted_until_it_is_mended() -> None:
    """The first word of it is the one that is told."""
    # Given no damage so far
    noted = Damage()

    # When two words of it come, and then it is mended
    noted.met(sqlite3.OperationalError("no such table: jobs"))
    noted.met(sqlite3.OperationalError("no such table: book"))
    told = noted.reason
    noted.mended()

    # Then the first word was told, and now there is none
    assert (told, noted.reason) == ("no such table: jobs", None)


def test_what_a_reader_of_a_damaged_table_is_told_names_the_cause(damaged: Rig) -> None:
    """It stands in the log."""
    # Given a damaged table
    # When a job is read from it, then the error says what SQLite said
    with pytest.raises(TableDamaged, match="malformed"), damaged.table.snapshot() as snapshot:
        snapshot.jobs(["job-1"])


@pytest.mark.broker
def test_a_file_damaged_while_it_is_served_is_rebuilt_by_the_process_itself(
    broker: RunningBroker, records: Records, tmp_path: Path
) -> None:
    """Nobody has to delete it; whoever asks meanwhile is told that it is too early."""
    # Given a service with 200 jobs whose file was damaged while it was stopped
    cluster = Cluster(broker.bootstrap_servers)
    submissions = [
        Written("jobs.submitted", f"job-{number}", records.submission(f"job-{number}"))
        for number in range(200)
    ]
    Writer(cluster).commit(*submissions)
    service = StatusService(cluster.environment(), tmp_path).start()
    try:
        service.process.stop()
        damage(service.data / FILE_NAME)

        # When it is started, and asked until it has all of them again
        service.process.start()
        statuses = set()

        def whole() -> bool:
            if not service.readiness():
                return False
            answer = service.get("/jobs?limit=200")
            statuses.add(answer.status_code)
            return len(answer.json().get("jobs", ())) == len(submissions)

        wait_until(whole, service.process.tail)

        # Then whoever asked was told jobs or to come again, and it is ready
        assert statuses <= {503, 200}
        assert service.readiness() == 200
    finally:
        service.process.close()
