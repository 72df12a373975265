"""What people want of rules comes by a topic, and is kept in one transaction with what it did."""

from support.scheduling.rig import FakeScheduling
from support.scheduling.states import failed, held

_LANES = 6
_AWAY = "[{name: away, kind: rerun, about: x, after: [1 min], within: 1 h}]"


def _paused(scheduling: FakeScheduling) -> int:
    """In how many lanes the rule is told to be paused, by its newest record."""
    newest: dict[int, object] = {}
    for place, row in zip(*_rows(scheduling), strict=True):
        if row.get("rule") == "away":
            newest[place] = row["paused"]
    return sum(bool(paused) for paused in newest.values())


def _rows(scheduling: FakeScheduling) -> tuple[list[int], list[dict[str, object]]]:
    topic = scheduling.catalog["schedule-rules"]
    places, rows = [], []
    for lane in range(topic.partitions):
        found = scheduling.read("schedule-rules", lane=lane)
        rows += found
        places += [lane] * len(found)
    return places, rows


def test_a_rule_that_is_paused_does_nothing_until_it_is_resumed_by_whoever_owns_the_lane(
    scheduling: FakeScheduling,
) -> None:
    """A pause outlives its owner."""
    # Given a job that waits to be sent back, and its rule paused
    scheduling.say(failed("job-1", updated_at=scheduling.clock.now_ms()))
    one = scheduling.instance(_AWAY, "a")
    scheduling.order("away", "pause")
    scheduling.turn_until(lambda: _paused(scheduling) == _LANES)
    one.kill()

    # When an heir comes, and the job's time
    two = scheduling.instance(_AWAY, "b")
    scheduling.turn_until(lambda: two.lanes == _LANES)
    scheduling.clock.advance(120)
    for _ in range(20):
        two.turn()
    assert scheduling.commands() == []

    # Then it is done once somebody resumes the rule
    scheduling.order("away", "resume")
    scheduling.turn_until(scheduling.commands)
    assert [command["kind"] for command in scheduling.commands()] == ["retry"]


def test_somebody_has_all_that_wait_begin_now(scheduling: FakeScheduling) -> None:
    """Whenever they were due; what comes to wait later is not meant."""
    # Given jobs that wait for tomorrow
    tomorrow = scheduling.clock.now_ms() + 86_400_000
    for number in range(12):
        scheduling.say(held(f"job-{number}", tomorrow), lane=number % _LANES)
    one = scheduling.instance()
    scheduling.turn_until(lambda: len(scheduling.read("schedule-pending")) >= 12)

    # When somebody has the rule run
    scheduling.order("submitted-for-later", "run")
    scheduling.turn_until(lambda: len(scheduling.commands()) == 12)

    # Then each was released once, and one that comes later waits
    scheduling.say(held("later", tomorrow))
    scheduling.turn_until(lambda: one.loop.assignment.lanes[0].desk.item("later"))
    assert len({command["job_id"] for command in scheduling.commands()}) == 12


def test_an_order_that_nobody_understands_changes_nothing(scheduling: FakeScheduling) -> None:
    """It is passed over, and what comes behind it is obeyed."""
    # Given an instance, and bytes, an unknown rule and an unknown kind
    scheduling.instance(_AWAY)
    for lane in range(_LANES):
        scheduling.write("schedule-commands", "away", b"nothing of ours", lane=lane)
    scheduling.order("nobody", "run")
    scheduling.order("away", "dance")

    # When a good one comes behind them
    scheduling.order("away", "pause")

    # Then it is obeyed
    scheduling.turn_until(lambda: _paused(scheduling) == _LANES)


def test_a_state_of_a_newer_release_is_waited_for_and_told(scheduling: FakeScheduling) -> None:
    """Passing over it would lose what it says; other lanes go on."""
    # Given a state whose schema nobody knows here, and a job behind it
    one = scheduling.instance()
    scheduling.write("job-state", "job-1", b"\xc3\x01" + bytes(8) + b"x", lane=0)
    soon = scheduling.clock.now_ms() + 1000
    scheduling.say(held("behind", soon), lane=0)
    scheduling.say(held("elsewhere", soon), lane=1)

    # When it is met
    scheduling.turn_until(lambda: "not Avro" in one.health.reason, lambda: one.health.reason)
    scheduling.clock.advance(2)
    scheduling.turn_until(scheduling.commands)

    # Then the other lane goes on, and nothing behind it is read
    assert {command["job_id"] for command in scheduling.commands()} == {"elsewhere"}
    assert not one.health.ready


def test_a_state_that_is_none_is_passed_over(scheduling: FakeScheduling) -> None:
    """It is nobody's job."""
    # Given bytes that are no state, and a job behind them
    scheduling.instance()
    scheduling.write("job-state", "job-1", b"nothing of ours")
    scheduling.say(held("behind", scheduling.clock.now_ms()))

    # When it is due, then it is done
    scheduling.turn_until(scheduling.commands)
    assert scheduling.commands()[0]["job_id"] == "behind"


def test_what_waits_for_a_newer_release_is_not_read_by_accident(
    scheduling: FakeScheduling,
) -> None:
    """Whatever pauses and resumes partitions meanwhile."""
    # Given a lane that waits at a state nobody knows
    one = scheduling.instance()
    scheduling.write("job-state", "job-1", b"\xc3\x01" + bytes(8) + b"x")
    scheduling.turn_until(lambda: "not Avro" in one.health.reason)

    # When its partition is resumed for another reason, and a job comes behind
    scheduling.say(held("behind", scheduling.clock.now_ms()))
    for _ in range(20):
        one.loop.consumer.resume(one.loop.consumer.assignment())
        one.turn()

    # Then it is not read
    assert scheduling.commands() == []
    assert one.loop.assignment.lanes[0].desk.read_to == 0
