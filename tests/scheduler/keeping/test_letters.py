"""Dead letters that nobody has any use for go, and their objects with them; all others stay."""

from pathlib import Path

import pytest
from support.fake_kafka.record import Record
from support.scheduling.rig import FakeScheduling
from support.scheduling.states import encoded, failed, state
from support.scheduling.trimmed import HOUR_MS, TrimmedTopics

from headway.edges.kafka import Headers
from headway.edges.objectstore import ObjectStore
from headway.wire.carried import Carried, CarriedRecords, FirstPlace
from scheduler.lane.words import Words
from scheduler.passes.errand import Done
from scheduler.taking.walker import StateWalker

_DLQ = "p1.dlq"


class _Desk:
    """Letters of p1 in lane 0, written five hours ago, each with an object of its own."""

    def __init__(self, scheduling: FakeScheduling, folder: Path) -> None:
        self.scheduling, self.topics = scheduling, TrimmedTopics(scheduling)
        self.url = f"file://{folder}"
        self.store = ObjectStore.open(self.url)
        self._carried = CarriedRecords(scheduling.codec)
        self._written = 0

    def letter(self, job_id: str, attempt: int = 1, *, hours: int = 5, told: bool = True) -> int:
        """One more; its offset. If it is not *told* its record was no submission."""
        number, self._written = self._written, self._written + 1
        claim = f"dead-letters/p1/{number}"
        self.store.put_bytes(claim, b"x")
        headers: Headers = [("headway.claim", claim.encode()), ("headway.attempt", b"%d" % attempt)]
        if told:
            headers.append(self._carried.header(_carried(job_id, attempt)))
        at = self.topics.now_ms - hours * HOUR_MS
        self.topics.broker.append((_DLQ, 0), Record(job_id.encode(), b"", headers, at))
        return number

    def fail(self, job_id: str, attempt: int = 1, *, hours: int = 5) -> int:
        """A letter, and the state that names it."""
        offset = self.letter(job_id, attempt, hours=hours)
        place = {"topic": _DLQ, "partition": 0, "offset": offset}
        told = failed(job_id, attempt=attempt)
        self.scheduling.say(told | {"error": {**told["error"], "dead_letter": place}})
        return offset

    def forget(self, job_id: str) -> None:
        self.scheduling.write("job-state", job_id, None)

    def trim(self, keep_hours: int = 1, *, dry: bool = False) -> Done:
        return self.topics.trim(keep_hours, dry=dry, store=self.url)

    def left(self) -> tuple[int, list[int]]:
        """Where the topic begins, and the objects of which letters there are."""
        keys = self.store.keys("dead-letters")
        return self.topics.first(_DLQ), sorted(int(key.rpartition("/")[2]) for key in keys)


@pytest.fixture
def desk(scheduling: FakeScheduling, tmp_path: Path) -> _Desk:
    return _Desk(scheduling, tmp_path)


def test_letters_of_forgotten_jobs_go_with_what_they_could_not_carry(desk: _Desk) -> None:
    """Those of earlier attempts, too, of which no state tells any more."""
    # Given a job that failed twice and was forgotten, and one that failed
    desk.fail("gone", 1)
    desk.fail("gone", 2)
    kept = desk.fail("kept")
    desk.forget("gone")

    # When topics are trimmed
    told = desk.trim()

    # Then its letters are gone, and told; the other one is not
    assert (told, desk.left()) == (Done(2, 2), (kept, [kept]))


def test_the_letter_of_a_job_that_was_sent_back_goes_unless_it_failed_with_that(
    desk: _Desk,
) -> None:
    """The newest attempt's is what it is sent back with; it stays whatever lies before it."""
    # Given jobs that were sent back: one is done since, one waits, one failed again
    desk.fail("done")
    desk.fail("waits")
    desk.fail("failed")
    desk.scheduling.say(state("done", attempt=2))
    desk.scheduling.say(state("waits", "RETRY_SCHEDULED", attempt=2, terminal=False))
    newest = desk.fail("failed", 2)

    # When topics are trimmed, then all letters but that of the newest attempt are gone
    desk.trim()
    assert desk.left() == (newest, [newest])


def test_a_letter_that_is_of_use_keeps_those_behind_it_but_not_their_objects(desk: _Desk) -> None:
    """Kafka deletes from the front alone; of a job that was forgotten no file is kept."""
    # Given a job that failed, and behind it one that was sent back and one that was forgotten
    first = desk.fail("failed")
    back = desk.fail("back")
    desk.scheduling.say(state("back", attempt=2))
    desk.fail("gone")
    desk.forget("gone")

    # When topics are trimmed, then only the objects of the forgotten one are gone
    assert desk.trim() == Done(0, 0)
    assert desk.left() == (first, [first, back])


def test_letters_younger_than_what_is_kept_stay(desk: _Desk) -> None:
    """So does all that lies behind the first of them."""
    # Given letters of two forgotten jobs, of five hours and of one
    desk.fail("old", hours=5)
    young = desk.fail("young", hours=1)
    for job_id in ("old", "young"):
        desk.forget(job_id)

    # When what is older than three hours is trimmed, then the young one stays
    desk.trim(3)
    assert desk.left() == (young, [young])


def test_a_dry_run_leaves_letters_and_objects(desk: _Desk) -> None:
    """It says how many would go."""
    # Given the letter of a forgotten job, when it is asked what would go, then nothing goes
    desk.fail("gone")
    desk.forget("gone")
    assert desk.trim(dry=True) == Done(1, 0)
    assert desk.left() == (0, [0])


def test_a_letter_of_which_nobody_said_whose_it_is_stays(desk: _Desk) -> None:
    """Its key may be anything; Kafka keeps it for its time."""
    # Given a record that was no submission, and no state of what its key says
    desk.letter("anything", told=False)

    # When topics are trimmed, then it stays
    desk.trim()
    assert desk.left() == (0, [0])


def test_a_job_whose_tombstone_is_gone_was_forgotten(desk: _Desk) -> None:
    """A stage says a letter with the state that names it, so without any it was deleted."""
    # Given a letter that a stage has said, whose job has neither state nor tombstone any more
    desk.letter("gone")

    # When topics are trimmed, then it is gone
    desk.trim()
    assert desk.left() == (1, [])


def test_states_that_a_newer_release_wrote_are_not_taken_for_none(
    scheduling: FakeScheduling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What their jobs need is not known: nothing may be trimmed until this process is replaced."""
    # Given a job that failed, and its state as a newer release says it
    scheduling.say(failed("job"))
    data = encoded(failed("job"))
    scheduling.write("job-state", "job", data[:2] + b"\xff" * 8 + data[10:])
    monkeypatch.setattr("scheduler.taking.walker.time.sleep", lambda _: None)
    words = Words.of(scheduling.codec, scheduling.catalog, scheduling.pipeline)
    walker = StateWalker({"bootstrap.servers": "fake:9092"}, words)

    # When jobs are walked, then there is no answer
    chunk = walker.read(0, 0).result()
    walker.close()
    assert (list(chunk.states), chunk.next, chunk.ended) == ([], 0, False)


def _carried(job_id: str, attempt: int) -> Carried:
    envelope = {
        "job_id": job_id,
        "attempt": attempt,
        "title": "data.csv",
        "submitted_at": 0,
        "submitted_offset": 0,
        "timeline": [],
    }
    return Carried(envelope, FirstPlace("jobs.submitted", 0, 0, 0))


@pytest.mark.parametrize(
    "header", [("headway.claim", b"\xff\xfe"), ("headway.attempt", b"9" * 5000)]
)
def test_a_letter_whose_headers_are_nonsense_holds_nothing_up(
    desk: _Desk, header: tuple[str, bytes]
) -> None:
    """Whoever may write there may write anything: it is a letter of no job that was forgotten."""
    # Given a letter of a forgotten job, and behind it one that no stage wrote
    desk.fail("gone")
    desk.forget("gone")
    at = desk.topics.now_ms - 5 * HOUR_MS
    desk.topics.broker.append((_DLQ, 0), Record(b"job", b"", [header], at))

    # When the topics are trimmed, then the one goes, and the other stays
    desk.trim()
    assert desk.left() == (1, [])
