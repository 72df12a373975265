"""How lines and ends move, as streams of events tell it: coarsely, and at a bounded cost."""

from contextlib import ExitStack

import pytest
from support.status.events.sse import Event, Parser
from support.status.records import START_MS, a_step
from support.status.rig import Rig
from support.status.topics import Log

from status.answers.query import Found
from status.events import expecting
from status.events.client import Client
from status.events.expecting import Expecting
from status.table.damage import TableDamaged

_NAMES = ("QUEUED", "PROCESS_1_RUNNING", "PROCESS_1_DONE", "PROCESS_2_RUNNING", "COMPLETED")
_MOMENTS = (0, 100, 2100, 2200, 5200)


@pytest.fixture
def line(rig: Rig, log: Log) -> Rig:
    """A hundred jobs in line, and one that has ended, so that it is known how long runs take."""
    steps = [a_step(name, START_MS + ms) for name, ms in zip(_NAMES, _MOMENTS, strict=True)]
    log.state("over", "COMPLETED", timeline=steps)
    for number in range(100):
        log.submission(f"job-{number:02}")
    log.state("runs", "PROCESS_1_RUNNING", updated_at=START_MS)
    rig.apply()
    return rig


def _leave(rig: Rig, log: Log, numbers: range) -> None:
    """These jobs end, as soon as they have begun."""
    for number in numbers:
        log.state(f"job-{number:02}", "COMPLETED")
    rig.apply()


def _heard(client: Client, about: str) -> list[Event]:
    """What was told beside the table, of one kind."""
    events = Parser().feed(client.aside().decode().split("\n"))
    return [event for event in events if event.event == about]


def test_whoever_watches_a_job_hears_how_its_line_moves_in_steps(line: Rig, log: Log) -> None:
    """A step is a tenth of what was told; the time runs down by itself."""
    # Given a reader of a job far behind in the line
    with line.hub.connect("job-90") as client:
        line.look()
        (first,) = _heard(client, "expected")

        # When a few leave the line, and then more
        _leave(line, log, range(5))
        line.look(0.001)
        few = _heard(client, "expected")
        _leave(line, log, range(5, 20))
        line.look(0.001)
        (more,) = _heard(client, "expected")

    # Then it hears of the second alone
    assert (first.json()["job_id"], first.json()["queue_position"]) == ("job-90", 90)
    assert few == []
    assert more.json()["queue_position"] == 70


def test_what_comes_as_it_was_told_is_not_told_again(line: Rig, log: Log) -> None:
    """While a run goes on as expected, nothing is sent: the reader counts down by itself."""
    # Given a reader of a job that has just begun
    log.state("new", "PROCESS_1_RUNNING", updated_at=line.clock.now_ms())
    line.apply()
    with line.hub.connect("new") as client:
        line.look(0.001)
        (first,) = _heard(client, "expected")

        # When a second goes by, then nothing is told, and at last that nothing is known any more
        line.look(1.0)
        assert _heard(client, "expected") == []
        line.look(4.0)
        (last,) = _heard(client, "expected")
    assert first.json()["eta_seconds"] > 2
    assert last.json()["eta_seconds"] is None


def test_of_many_watched_jobs_some_are_looked_at_in_turn(
    line: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a look costs the event loop the same, however many readers there are."""
    # Given more watched jobs than are looked at in one go
    monkeypatch.setattr(expecting, "_AT_ONCE", 2)
    names = [f"job-{number}" for number in range(50, 55)]
    with ExitStack() as stack:
        clients = {name: stack.enter_context(line.hub.connect(name)) for name in names}

        # When there are three looks
        heard = []
        for _ in range(3):
            line.look(0.001)
            heard.append([name for name in names if _heard(clients[name], "expected")])

    # Then each job had its turn
    assert heard == [names[:2], names[2:4], names[4:]]


def test_a_table_that_cannot_be_read_ends_no_telling(line: Rig) -> None:
    """Its reader finds out, and makes it anew; the lines are told all the same."""

    # Given a table that is damaged just now
    def read(_: object) -> Found:
        raise TableDamaged("malformed")

    telling = Expecting(line.hub, line.expectations, read, line.clock)
    line.look()
    with line.hub.connect("job-90") as client:
        client.aside()

        # When what has moved is told, then it is told as far as that is known
        telling.tell()
        assert [event.event for event in Parser().feed(client.aside().decode().split("\n"))] == [
            "lines"
        ]


def test_all_hear_of_the_lines_in_a_few_points(line: Rig, log: Log) -> None:
    """Between which the place of every job can be read; and again when places have moved."""
    # Given a reader of all jobs
    with line.hub.connect() as client:
        line.look()
        (first,) = _heard(client, "lines")

        # When nothing moves, and then the line does
        line.look(3)
        nothing = _heard(client, "lines")
        _leave(line, log, range(50))
        line.look(3)
        (moved,) = _heard(client, "lines")

    # Then it is told where jobs are, and later again
    queued, handed_on = first.json()["lines"]
    assert (queued["status"], queued["waiting"]) == ("QUEUED", 100)
    assert [place for _, place, _ in queued["points"]] == [0, 1, 2, 4, 8, 16, 32, 64, 99]
    assert queued["points"][8][0] == line.row("job-99").submitted_at
    assert (handed_on["status"], handed_on["waiting"]) == ("PROCESS_1_DONE", 0)
    assert nothing == []
    assert [place for _, place, _ in moved.json()["lines"][0]["points"]][-1] == 49


def test_whoever_comes_hears_of_the_lines_at_once(line: Rig) -> None:
    """As it was told last."""
    # Given lines that were told
    line.look()

    # When somebody comes, then that is the first it hears
    with line.hub.connect() as client:
        assert [event.event for event in Parser().feed(client.aside().decode().split("\n"))] == [
            "lines"
        ]


def test_the_more_readers_there_are_the_more_seldom_lines_are_told(line: Rig, log: Log) -> None:
    """Telling all of them costs a share of the event loop that is bounded."""
    # Given so many readers that telling them takes a while
    rest = expecting._REST_SECONDS_EACH * 2000
    assert rest > expecting._REST_SECONDS
    with ExitStack() as stack:
        for _ in range(2000):
            stack.enter_context(line.hub.connect())
        reader = stack.enter_context(line.hub.connect())
        line.look()
        _heard(reader, "lines")

        # When the line moves within that while, and after it
        _leave(line, log, range(50))
        line.look(3)
        within = _heard(reader, "lines")
        line.look(3)

        # Then it is told after it
        assert (within, len(_heard(reader, "lines"))) == ([], 1)
