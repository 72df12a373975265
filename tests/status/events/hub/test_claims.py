"""Which records the id of an event has seen, and which it claims."""

from support.status.events.watcher import Watch
from support.status.rig import Rig
from support.status.topics import Log

from status.table.position import Position, parse_position


def test_an_id_in_the_middle_of_a_tick_has_seen_all_of_it_and_claims_none(
    rig: Rig, log: Log, watch: Watch
) -> None:
    """Who breaks off there is sent the whole tick again, by a replica that knows all of it."""
    # Given a watcher and three new jobs
    before = rig.materializer.standing().position
    client = watch()
    for number in range(3):
        log.submission(f"job-{number}")

    # When they are told in one tick
    after = rig.apply().position

    # Then only the last one's id is the new position; the others may have seen it and claim the old
    within = str(Position(before.epoch, before.vector, after.vector))
    assert [event.id for event in client.received()] == [within, within, str(after)]


def test_an_id_covers_what_was_read_although_it_was_not_announced_yet(
    rig: Rig, log: Log, watch: Watch
) -> None:
    """The table may have moved on when a change is told; what is shown is never beyond the id."""
    # Given a change, and a newer one of the same job that is stored and not announced
    client = watch()
    log.state("a", "PROCESS_1_RUNNING")
    announced = rig.commit()
    log.state("a", "COMPLETED")
    stored = rig.commit()

    # When the first is announced
    rig.publish(announced)

    # Then the watcher sees the newer state, with an id that has seen it and claims the first
    [event] = client.received()
    assert event.json()["status"] == "COMPLETED"
    assert parse_position(event.id).seen == stored.position.vector
    assert parse_position(event.id).vector == announced.position.vector


def test_more_jobs_than_fit_in_one_go_are_claimed_by_the_last_one_only(
    rig: Rig, log: Log, watch: Watch
) -> None:
    """A reader that breaks off in the middle of it is sent all of it again."""
    # Given a watcher and one job more than is told in one go
    before = rig.materializer.standing().position
    client = watch()
    for number in range(501):
        log.submission(f"job-{number}")

    # When all are told
    change = rig.apply()
    first = client.received()
    rig.timers.advance(0)
    second = client.received()

    # Then 500 come and then one, and only its id is the new position
    assert [len(first), len(second)] == [500, 1]
    within = str(Position(before.epoch, before.vector, change.position.vector))
    assert {event.id for event in first} == {within}
    assert second[0].id == str(change.position)
