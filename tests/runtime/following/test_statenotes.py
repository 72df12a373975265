"""What a takeover learns of jobs that are on their way in this very stage."""

from support.kafka.messages import envelope, message

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.following.jobindex import JobIndex
from headway.following.notes import StateNotes
from headway.wire.codec import Codec
from headway.wire.records import StageRecords


def _running(stage: str, attempt: int) -> kafka.Message:
    """The state of a job that runs in *stage*."""
    pipeline = Pipeline.load()
    states = StageRecords(Codec(), pipeline, Catalog.load(), pipeline.stage(stage)).states
    return message(states.running({**envelope(), "attempt": attempt}, 1), topic="job-state")


def test_an_attempt_that_a_redrive_opened_is_known_to_an_heir_while_it_runs() -> None:
    """An equal command behind the first is told that it is open, not that nothing had failed."""
    # Given the notes of every stage
    for stage in Pipeline.load().stages:
        notes, jobs = StateNotes(Codec(), "job-state", stage.index), JobIndex()

        # When they read that the second attempt at a job runs there
        notes(_running(stage.name, attempt=2), jobs)

        # Then it is the newest that is known of it, and it is not over
        opened = max(jobs.held.opened.get("job-1", 0), jobs.newest("job-1"))
        assert opened == 2
        assert not jobs.is_over("job-1", 2)
