"""A lane against a plain list, in any interleaving of states, time, orders, losses and heirs."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.clock import ManualClock
from support.kafka.messages import SUBMITTED_AT
from support.scheduling.desk import Topics, lane_of
from support.scheduling.states import failed, held, job, newest, state

from scheduler.lane.order import PAUSE, RESUME, Order
from scheduler.lane.standing import Standing
from scheduler.rules.release import NAME, Release
from scheduler.rules.rerun import Again, Rerun
from scheduler.rules.rule import Named, Rule
from scheduler.working.lane import Lane

_DELAY = 40
_JOBS = st.sampled_from(["job-1", "job-2", "job-3"])
_AGAIN = Again(after_ms=(_DELAY,), times=9, within_ms=10**9)


def _rules() -> list[Rule]:
    return [
        Release("SCHEDULED"),
        Rerun(Named(name="away", kind="rerun", about="x"), _AGAIN, "FAILED"),
    ]


class LaneMachine(RuleBasedStateMachine):
    """The lane says what it has gathered at any moment, or loses it and is built anew."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock(wall_ms=SUBMITTED_AT)
        self.topics = Topics()
        #: The state topic, and the orders that were obeyed in what is committed.
        self.states: list[dict[str, Any]] = []
        self.orders: list[tuple[str, str]] = []
        self.obeyed = 0
        self.lane = self._taken_over()

    def _taken_over(self) -> Lane:
        items, standings = list(self.topics.items.values()), dict[str, Standing]()
        for name, standing in self.topics.standings.items():
            standings[name] = Standing(paused=standing.paused, done=standing.done)
        lane = lane_of(_rules(), self.clock, items=items, standings=standings)
        self.heard, self.took = self.topics.jobs, self.obeyed
        return lane

    @rule(job_id=_JOBS, kind=st.sampled_from(["held", "failed", "done", "running"]))
    def say(self, job_id: str, kind: str) -> None:
        """A stage says something of a job; its next attempt, if the last was over."""
        last = newest(self.states).get(job_id)
        attempt = 1 if last is None else last["attempt"] + int(last["terminal"])
        now = self.clock.now_ms()
        told: Any = {"attempt": attempt, "updated_at": now}
        made = {
            "held": held(job_id, now + _DELAY, **told),
            "failed": failed(job_id, **told),
            "done": state(job_id, "COMPLETED", **told),
            "running": state(job_id, "PROCESS_1_RUNNING", **told),
        }
        self.states.append(made[kind])

    @rule()
    def hear(self) -> None:
        """What stages have said is read."""
        for offset in range(self.heard, len(self.states)):
            self.lane.hear(job(self.states[offset], offset))
        self.heard = len(self.states)

    @rule(name=st.sampled_from([NAME, "away"]), kind=st.sampled_from([PAUSE, RESUME]))
    def order(self, name: str, kind: str) -> None:
        """Somebody pauses a rule or resumes it."""
        self.orders.append((name, kind))

    @rule()
    def obey(self) -> None:
        for offset in range(self.took, len(self.orders)):
            name, kind = self.orders[offset]
            self.lane.obey(Order(str(offset), name, kind, "me", 0), offset)
        self.took = len(self.orders)

    @rule(ms=st.integers(-30, 60))
    def move(self, ms: int) -> None:
        """Time goes by, or the clock is set."""
        self.clock.wall_ms += ms
        self.clock.seconds += 0.3

    @rule()
    def turn(self) -> None:
        self.lane.turn()

    @rule()
    def commit(self) -> None:
        """What was gathered is visible, with how far was read."""
        self.topics.commit(self.lane)
        self.topics.jobs, self.obeyed = self.heard, self.took

    @rule()
    def lose(self) -> None:
        """The process is killed, or its producer lost: an heir builds it from what is committed."""
        self.lane = self._taken_over()

    @invariant()
    def nothing_is_commanded_twice_or_of_what_was_not_so(self) -> None:
        """One command an attempt and kind, of a state that was said and was due."""
        told = [(c["kind"], c["job_id"], c["attempt"]) for c in self.topics.commands]
        assert len(told) == len(set(told)) or self._said_twice(told)
        for kind, job_id, attempt in told:
            status = {"release": "SCHEDULED", "retry": "FAILED"}[kind]
            of_job = [s for s in self.states if (s["job_id"], s["attempt"]) == (job_id, attempt)]
            assert any(s["status"] == status for s in of_job)

    def _said_twice(self, told: list[tuple[str, str, int]]) -> bool:
        """A stage may hold one attempt twice: then it is released twice."""
        for kind, job_id, attempt in set(told):
            own = [s for s in self.states if (s["job_id"], s["attempt"]) == (job_id, attempt)]
            said = sum(s["status"] in {"SCHEDULED", "FAILED"} for s in own)
            if told.count((kind, job_id, attempt)) > said:
                return False
        return True

    def teardown(self) -> None:
        """In the end whatever waits and is not paused is commanded: nothing was lost."""
        self.hear()
        self.obey()
        self.clock.wall_ms += 10_000
        self.turn()
        self.commit()
        self.lose()
        for name in (NAME, "away"):
            paused = self.topics.standings[name].paused
            waiting = [item for item in self.topics.items.values() if item.rule == name]
            assert bool(waiting) <= paused, name
        for value in newest(self.states).values():
            self._answered(value)

    def _answered(self, value: dict[str, Any]) -> None:
        kinds = {"SCHEDULED": ("release", NAME), "FAILED": ("retry", "away")}
        if value["status"] not in kinds:
            assert value["job_id"] not in self.topics.items
            return
        kind, name = kinds[value["status"]]
        told = {(c["kind"], c["job_id"], c["attempt"]) for c in self.topics.commands}
        commanded = (kind, value["job_id"], value["attempt"]) in told
        assert commanded or self.topics.standings[name].paused


TestLane = LaneMachine.TestCase
TestLane.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
