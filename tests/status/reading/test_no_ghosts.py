"""A table that is built at any moment shows the jobs there are: no forgotten one, none twice."""

import random
from contextlib import ExitStack

from hypothesis import given, settings
from hypothesis import strategies as st
from support.keeping.retention import Replica, Retention, replica
from support.status.records import Records
from support.status.topics import Log

from headway.wire.codec import Codec

_CODEC = Codec()
#: What happens, and how often of a hundred.
_STEPS = {
    "submit": 20,
    "run": 10,
    "complete": 20,
    "forget": 15,
    "trim": 15,
    "compact": 5,
    "expire": 5,
    "read": 10,
}


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(rng=st.integers(0, 2**32).map(random.Random))
def test_a_table_shows_no_forgotten_job_whenever_it_is_built(rng: random.Random) -> None:
    """Whatever was trimmed and compacted by then; and one that was away shows the same."""
    # Given jobs that are submitted, again and again, done and forgotten, and topics that forget
    topics = Retention(Log(Records(_CODEC)))
    with ExitStack() as stack:
        old = _Reading(stack.enter_context(replica(_CODEC)))
        for what in rng.choices([*_STEPS], [*_STEPS.values()], k=rng.randrange(80)):
            _take(what, rng.choice("abc"), topics, old, rng)

            # When a table is built of what is left, in whatever order the topics are read
            if what == "expire" or rng.random() < 1 / 16:
                new = stack.enter_context(replica(_CODEC))
                halves = [topics.states, topics.submitted]
                rng.shuffle(halves)
                for half in halves:
                    new.read(half)

                # Then it shows what there is, as does one that goes on from where it was
                assert new.shown() == topics.truth
                old.read_on(topics)
                assert old.replica.shown() == topics.truth


class _Reading:
    """A replica, and how far it has read."""

    def __init__(self, made: Replica) -> None:
        self.replica = made
        self._seen = 0

    def read_on(self, topics: Retention) -> None:
        fresh = [m for m in topics.written if m.timestamp()[1] > self._seen]
        self.replica.read(fresh)
        self._seen = topics.log.now_ms

    def begin_anew(self) -> None:
        self.replica.forget()
        self._seen = 0

    def is_behind(self, topics: Retention) -> bool:
        return self._seen < topics.log.now_ms


def _take(what: str, job_id: str, topics: Retention, old: _Reading, rng: random.Random) -> None:
    """One step; a replica that was away for longer than tombstones stay begins anew."""
    if what == "submit":
        topics.submit(job_id)
    elif what in {"run", "complete"}:
        topics.say(job_id, "PROCESS_1_RUNNING" if what == "run" else "COMPLETED")
    elif what == "forget":
        topics.forget(job_id)
    elif what == "compact":
        topics.compact(rng)
    elif what == "trim":
        topics.trim()
    elif what == "read":
        old.read_on(topics)
    elif (before := topics.expire()) and old.is_behind(topics):
        old.begin_anew()
    elif before:
        old.replica.purge(before)
