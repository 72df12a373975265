"""A bounded index of jobs answers as one that never forgets, for all that is within its time."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from headway.following.jobindex import JobIndex

_DAY_MS = 24 * 3600 * 1000
_KEEP_MS = 30 * _DAY_MS
#: Few days for the property: so that much of what is tried lies at the edge.
_SHORT_MS = 8 * _DAY_MS
_JOBS = st.sampled_from(["a", "b", "c"])
_ATTEMPTS = st.sampled_from([1, 1, 1, 2])
_EVENTS = st.one_of(
    st.tuples(st.just("submit"), _JOBS, _ATTEMPTS),
    st.tuples(st.just("come"), _JOBS, _ATTEMPTS),
    st.tuples(st.just("read"), st.none(), st.none()),
    st.tuples(st.just("end"), st.integers(0, 5), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([1, 1, 2, 3, 7]), st.none()),
)


@dataclass
class _Stage:
    """Reads submissions of a partition in order, whenever it is told to, with two indexes."""

    now_ms: int = 1000 * _DAY_MS
    source: list[tuple[int, str, int]] = field(default_factory=list)
    read: int = 0
    opened: dict[int, str] = field(default_factory=dict)
    over_ms: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bounded = JobIndex(_SHORT_MS, lambda: self.now_ms)
        self.whole = JobIndex()

    def play(self, what: str, which: object, attempt: object) -> None:
        if what == "wait":
            self.now_ms += int(str(which)) * _DAY_MS
        elif what in {"submit", "come"}:
            self.source.append((self.now_ms, str(which), int(str(attempt))))
        elif what == "end" and self.opened:
            offset = sorted(self.opened)[int(str(which)) % len(self.opened)]
            self.over_ms[self.opened.pop(offset)] = self.now_ms
        if what in {"read", "come"}:
            for record in self.source[self.read :][: 1 if what == "read" else None]:
                self._take(*record)

    def _take(self, at: int, job: str, attempt: int) -> None:
        offset, remembered = self.read, self._is_remembered(at, job)
        if at >= self.bounded.due:
            self.bounded.read_on(at, min(self.opened, default=offset))
        taken = self.bounded.takes(job, attempt, offset)
        if not remembered and taken:
            self.whole.forget(job)  # or it was: either answer is right
        assert taken == self.whole.takes(job, attempt, offset)
        self.read += 1
        if taken:
            self.opened[offset] = job

    def _is_remembered(self, at: int, job: str) -> bool:
        is_open = job in self.opened.values()
        return is_open or at - self.over_ms.get(job, self.now_ms) <= _SHORT_MS


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(st.lists(_EVENTS, min_size=20, max_size=120))
def test_a_bounded_index_answers_as_one_that_never_forgets(
    events: list[tuple[str, object, object]],
) -> None:
    """However late records are read, and however long a job is open before it is over."""
    # Given a stage with one index of eight days and one of all times
    stage = _Stage()
    # When jobs are submitted, read and ended in any order, over months
    for event in events:
        stage.play(*event)
    # Then all that came within eight days of its job's end was answered by both alike
    assert stage.read <= len(stage.source)


def test_what_is_remembered_does_not_grow_with_what_was() -> None:
    """A little more than the jobs of the time are held, whatever came before."""
    # Given an index of thirty days
    now_ms, most = 1000 * _DAY_MS, 0
    jobs = JobIndex(_KEEP_MS, lambda: now_ms)
    # When a thousand jobs a day come, and are done, for a year
    for number in range(365_000):
        now_ms = 1000 * _DAY_MS + number * _DAY_MS // 1000
        if now_ms >= jobs.due:
            jobs.read_on(now_ms, done_below=number)
        jobs.takes(f"job-{number}", 1, number)
        most = max(most, len(jobs))
    # Then no more than those of 42 days were ever held
    assert 30_000 <= len(jobs) <= most <= 42_000


def test_a_job_that_is_open_is_not_forgotten_however_long() -> None:
    """Nor for as long behind its end as any other."""
    # Given a job that was opened a year ago and is at work, while others come and go
    now_ms = 1000 * _DAY_MS
    jobs = JobIndex(_KEEP_MS, lambda: now_ms)
    jobs.takes("slow", 1, 0)
    for day in range(1, 365):
        now_ms += _DAY_MS
        jobs.read_on(now_ms, done_below=0)
        jobs.takes(f"job-{day}", 1, day)
    # When another submission of it comes
    meanwhile = jobs.takes("slow", 1, 365)
    # And it ends, and days and weeks go by
    answers = []
    for day in range(29):
        now_ms += _DAY_MS
        jobs.read_on(now_ms, done_below=366 + day)
        answers.append(jobs.takes("slow", 1, 366 + day))
    # Then every one is a duplicate
    assert (meanwhile, any(answers)) == (False, False)


def test_a_wrong_clock_of_a_broker_has_nothing_forgotten() -> None:
    """A record from the future moves the reader no further than to now."""
    # Given a job that is over
    jobs = JobIndex(_KEEP_MS, lambda: 1000 * _DAY_MS)
    jobs.settle("over", 1)
    # When records from next year are read
    for day in (1365, 1366, 1400):
        jobs.read_on(day * _DAY_MS, done_below=0)
    # Then it is known
    assert jobs.is_over("over", 1)


def test_long_histories_cost_no_more_to_look_up() -> None:
    """Loaded for a reader that is years behind, they are few tables all the same."""
    # Given states of ten years, taken in for a reader at their beginning
    jobs = JobIndex(_KEEP_MS, lambda: 4000 * _DAY_MS)
    for day in range(3650):
        jobs.settle(f"job-{day}", 1)
        jobs.dated(day * _DAY_MS)
    # When it begins to read
    jobs.read_on(0, done_below=0)
    # Then it knows all of them, in a few tables
    assert all(jobs.is_over(f"job-{day}", 1) for day in range(3650))
    assert jobs.tables <= 10
