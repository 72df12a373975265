"""Who waits for a stage: places in line, at a cost that does not grow with the line."""

import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from support.status.rows import DONE, QUEUED, RUNNING, WAITING

from status.answers.query import Snapshot, Table
from status.expected.line import _HANDED_ON, _SUBMITTED, Line, LineReader
from status.table.draft import Draft
from status.table.row import Row, Standing
from status.table.store import Store

_JOBS = 4000
_QUEUED, _DONE = ("QUEUED", 0), ("PROCESS_1_DONE", 1)


class Book:
    """A table whose jobs are written straight into it."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "jobs.sqlite3")
        self.store.bind("e")
        self.store.complete()
        self.table = Table(folder / "jobs.sqlite3", 1)

    def write(self, rows: Iterable[Row]) -> None:
        rows = list(rows)
        draft = Draft(self.store.current(row.job_id for row in rows), waiting=WAITING)
        draft.submissions(row for row in rows if row.status == "QUEUED")
        draft.states(row for row in rows if row.status != "QUEUED")
        self.store.commit(draft, {})

    def read(self, reader: LineReader) -> Line:
        with self.table.snapshot() as snapshot:
            return reader.read(snapshot, _waiting(snapshot, reader.standing))


def _waiting(snapshot: Snapshot, standing: Standing) -> int:
    found = snapshot.rows("SELECT jobs FROM counts WHERE status = ? AND stage = ?", standing)
    return found[0][0] if found else 0


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path)
    with book.store, book.table:
        yield book


def _queued(moments: Iterable[int]) -> list[Row]:
    return [QUEUED._replace(job_id=f"j{at}", submitted_at=at, origin=at) for at in moments]


def _handed_on(moments: Iterable[int]) -> list[Row]:
    return [DONE._replace(job_id=f"j{at}", since=at, origin=at) for at in moments]


@pytest.mark.parametrize("standing", [_QUEUED, _DONE])
def test_a_place_is_how_many_wait_for_longer(book: Book, standing: Standing) -> None:
    """Exactly, where the line is short; by submission, or since the stage before was through."""
    # Given jobs that came in no order
    moments = random.Random(1).sample(range(1000, 100_000), 500)
    book.write(_queued(moments) if standing == _QUEUED else _handed_on(moments))

    # When the line is read
    line = book.read(LineReader(standing))

    # Then each has its place
    ordered = sorted(moments)
    assert line.waiting == 500
    assert [line.place(at) for at in ordered] == list(range(500))
    assert line.since(17) == ordered[17]


@pytest.mark.parametrize("standing", [_QUEUED, _DONE])
def test_in_a_long_line_the_first_places_are_exact_and_the_others_nearly_so(
    book: Book, standing: Standing
) -> None:
    """Within a hundredth of the line, however unevenly its jobs came."""
    # Given more jobs than are looked at one by one, most of them in two bursts
    rng = random.Random(2)
    spans = (range(1000, 400_000), range(90_000, 93_000), range(300_000, 303_000))
    moments = sorted({at for span in spans for at in rng.sample(span, _JOBS // 3)})
    book.write(_queued(moments) if standing == _QUEUED else _handed_on(moments))

    # When the line is read
    line = book.read(LineReader(standing))

    # Then so are the places
    places = [line.place(at) for at in moments]
    assert line.waiting == len(moments)
    assert places[:1000] == list(range(1000))
    assert all(abs(p - n) <= len(moments) / 100 for n, p in enumerate(places))
    assert abs(line.place(line.since(2000)) - 2000) <= len(moments) / 100


def test_while_it_is_not_counted_anew_who_leaves_and_who_comes_counts_all_the_same(
    book: Book,
) -> None:
    """The middle of a line is what does not change."""
    # Given a long line that was counted, and is not again for a hundred times as long
    clock = iter((0.0, 1.0, 2.0, *[50.0] * 10))
    reader = LineReader(_QUEUED, timer=lambda: next(clock))
    book.write(_queued(range(1000, 1000 + _JOBS)))
    before = book.read(reader)

    # When the first thousand leave and as many come
    leaving = (RUNNING._replace(job_id=f"j{at}", origin=at) for at in range(1000, 2000))
    book.write([*leaving, *_queued(range(5000, 6000))])
    line = book.read(reader)

    # Then every place is true
    assert [before.place(at) for at in (1000, 3000, 4999)] == [0, 2000, 3999]
    assert [line.place(at) for at in (2000, 3500, 4999)] == [0, 1500, 2999]
    assert line.place(5500) == pytest.approx(3500, abs=40)
    assert line.place(9999) == line.waiting == _JOBS


def test_a_line_of_one_moment_has_one_place(book: Book) -> None:
    """Whoever comes in the same millisecond stands beside each other."""
    # Given more jobs of one moment than are looked at one by one, and a later one
    rows = [QUEUED._replace(job_id=f"j{n}", submitted_at=1000, origin=n) for n in range(_JOBS)]
    book.write([*rows, QUEUED._replace(job_id="later", submitted_at=2000, origin=_JOBS)])

    # When the line is read, then all are before the later one
    line = book.read(LineReader(_QUEUED))
    assert (line.place(1000), line.place(2000)) == (0, _JOBS)


def test_nobody_waits_in_an_empty_line(book: Book) -> None:
    """And who comes to it is the first."""
    # Given no jobs, when the line is read, then whoever comes is the first
    line = book.read(LineReader(_QUEUED))
    assert (line.waiting, line.place(5)) == (0, 0)


@pytest.mark.parametrize("queries", [_SUBMITTED, _HANDED_ON])
def test_every_look_up_walks_along_an_index(book: Book, queries: tuple[str, ...]) -> None:
    """None sorts the line."""
    # Given the look-ups, when SQLite is asked how it would do them, then by an index alone
    for look_up in queries:
        values = (0,) * look_up.count("?")
        with book.table.snapshot() as snapshot:
            plan = [step[3] for step in snapshot.rows(f"EXPLAIN QUERY PLAN {look_up}", values)]
        assert len(plan) == 1
        assert re.match(r"SEARCH jobs USING (COVERING )?INDEX jobs_(by_status|in_line) ", plan[0])
