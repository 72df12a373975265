"""What comes due is commanded once, by whoever owns its lane."""

from support.scheduling.rig import FakeScheduling
from support.scheduling.states import held


def test_a_job_submitted_for_later_is_released_when_its_time_has_come(
    scheduling: FakeScheduling,
) -> None:
    """Not before, and once."""
    # Given a job that is held until its time
    due_at = scheduling.clock.now_ms() + 60_000
    scheduling.say(held("job-1", due_at))
    one = scheduling.instance()
    scheduling.turn_until(
        lambda: one.loop.assignment.lanes and len(one.loop.assignment.lanes[0].desk.pending) > 1
    )
    assert scheduling.commands() == []

    # When that has come
    scheduling.clock.advance(60)
    scheduling.turn_until(scheduling.commands)

    # Then there is a command for the stage that holds it
    (command,) = scheduling.commands()
    told = command["kind"], command["job_id"], command["attempt"], command["stage"]
    assert told == ("release", "job-1", 1, "p1")
