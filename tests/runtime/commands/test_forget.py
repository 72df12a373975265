"""A job that is over is forgotten: by a tombstone, once, and never while its submission is kept."""

from functools import partial

import pytest
from support.kafka.messages import message
from support.stages.commander import AWAY, Commander
from support.stages.stage_rig import FakeCluster, InProcessStage, once

from headway.wire.states import attempt_forgotten

_TRIMMED = (True, "the job was forgotten")


@pytest.fixture
def stage(cluster: FakeCluster) -> InProcessStage:
    """The first stage, with a job that it has given up and whose submission is trimmed."""
    stage = cluster.stage("p1", retry_delays="0.05,0.1,0.15").start()
    stage.script.fail("job", AWAY)
    cluster.give("p1", "job")
    stage.turn_until(lambda: cluster.statuses() == {"job": "FAILED"}, cluster.statuses)
    return stage


@pytest.mark.parametrize("seen", [True, False])
def test_a_job_that_is_over_is_forgotten_by_the_stage_that_ended_it(
    cluster: FakeCluster,
    commands: Commander,
    stage: InProcessStage,
    seen: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    """Its tombstone is in the frame of the command, and says up to which attempt there was."""
    # Given that what is done was trimmed
    _trim(cluster)

    # When somebody wants the job forgotten
    where = {"state_offset": _newest(cluster)[0]} if seen else {}
    command = commands.forget("job", 1, "p1", **where)
    stage.turn_until(lambda: command in commands.results())

    # Then its newest state is a tombstone
    assert commands.results()[command] == _TRIMMED
    _, value, attempt = _newest(cluster)
    assert (value, attempt) == (None, 1)


def test_nothing_is_forgotten_while_its_submission_is_kept(
    cluster: FakeCluster, commands: Commander, stage: InProcessStage
) -> None:
    """Where tombstones go one day, the submission alone would be a job that waits in line."""
    # Given a job whose submission is still there
    # When somebody wants it forgotten
    command = commands.forget("job", 1, "p1")
    stage.turn_until(lambda: command in commands.results())

    # Then it is refused, with what has to be done first
    accepted, reason = commands.results()[command]
    assert not accepted
    assert reason.startswith("its submission, offset 0, is kept still")
    # And once that is done, the same is granted
    _trim(cluster)
    again = commands.forget("job", 1, "p1")
    stage.turn_until(lambda: again in commands.results())
    assert commands.results()[again] == _TRIMMED


def test_equal_wishes_to_forget_are_one(
    cluster: FakeCluster, commands: Commander, stage: InProcessStage
) -> None:
    """Of whoever has the partition: each is told that it is so."""
    # Given a job that was forgotten
    _trim(cluster)
    commands.forget("job", 1, "p1")
    stage.turn_until(lambda: commands.result_count() == 1)

    # When it is wanted again, of the same instance and of its heir
    commands.forget("job", 1, "p1")
    stage.turn_until(lambda: commands.result_count() == 2)
    stage.kill()
    heir = cluster.stage("p1", "heir").start()
    commands.forget("job", 1, "p1")
    heir.turn_until(lambda: commands.result_count() == 3)

    # Then there is one tombstone
    assert set(commands.results().values()) == {_TRIMMED}
    assert len([r for _, _, r in cluster.read("job-state") if r.value is None]) == 1


@pytest.mark.parametrize("kind", ["retry", "reprocess"])
@pytest.mark.parametrize("who", ["owner", "heir"])
def test_a_command_for_a_forgotten_job_is_refused_kindly(
    cluster: FakeCluster, commands: Commander, stage: InProcessStage, kind: str, who: str
) -> None:
    """It says what became of the job, not that there never was one."""
    # Given a job that was forgotten
    _trim(cluster)
    commands.forget("job", 1, "p1")
    stage.turn_until(lambda: commands.result_count() == 1)
    if who == "heir":
        stage.kill()
        stage = cluster.stage("p1", "heir").start()

    # When it is to be sent back, or done again
    wish = partial(commands.retry, "job", 1, "p1")
    if kind == "reprocess":
        wish = partial(commands.reprocess, "job", 1, "p1", "p1")
    command = wish()
    stage.turn_until(lambda: command in commands.results())

    # Then it is refused with that reason
    assert commands.results()[command] == (False, "the job was forgotten")


@pytest.mark.parametrize("who", ["owner", "heir"])
def test_a_further_submission_of_a_forgotten_job_is_a_duplicate_still(
    cluster: FakeCluster, commands: Commander, stage: InProcessStage, who: str
) -> None:
    """To forget a job makes no producer's repetition a new one, whoever has the partition."""
    # Given a job that was forgotten
    _trim(cluster)
    commands.forget("job", 1, "p1")
    stage.turn_until(lambda: commands.result_count() == 1)
    if who == "heir":
        stage.kill()
        stage = cluster.stage("p1", "heir").start()

    # When its producer repeats itself, and another job comes
    stage.script.mend("job")
    cluster.give("p1", "job", "other")
    stage.turn_until(lambda: cluster.outputs("p1") == once(["other"]), cluster.statuses)

    # Then nothing more was said of it
    assert cluster.statuses().keys() == {"other"}


def test_what_goes_on_is_not_forgotten(
    cluster: FakeCluster, commands: Commander, stage: InProcessStage
) -> None:
    """A job that was sent back is not over, and its next attempt is another."""
    # Given a job that is sent back, and fails again
    _trim(cluster)
    commands.retry("job", 1, "p1")
    early = commands.forget("job", 1, "p1")
    unknown = commands.forget("nobody", 1, "p1")
    stage.turn_until(lambda: commands.result_count() == 3)

    # When its first attempt is to be forgotten, then it is refused
    told = "attempt 1 is not the newest, 2 is: name that one"
    assert commands.results()[early] == (False, told)
    assert commands.results()[unknown] == (False, "no such job is known")
    # And its newest is, once it is over
    stage.turn_until(lambda: cluster.states()["job"]["status"] == "FAILED")
    late = commands.forget("job", 2, "p1")
    stage.turn_until(lambda: late in commands.results())
    assert commands.results()[late] == _TRIMMED
    assert _newest(cluster)[2] == 2


@pytest.mark.parametrize(
    ("headers", "attempt"),
    [
        ([], 0),
        ([("headway.forgotten", b"3")], 3),
        ([("headway.forgotten", b"")], 0),
        ([("headway.forgotten", b"-1")], 0),
        ([("headway.forgotten", b"\xff9")], 0),
        ([("headway.forgotten", b"99999999")], 0),
        ([("headway.forgotten", b"1"), ("headway.forgotten", b"2")], 2),
    ],
)
def test_a_tombstone_of_whoever_says_no_more_than_an_attempt(
    headers: list[tuple[str, bytes]], attempt: int
) -> None:
    """Anybody may have written it."""
    # Given a tombstone, when it is read, then it names what it says, or nothing
    assert attempt_forgotten(message(None, headers=[*headers])) == attempt


def test_a_tombstone_that_people_wrote_lets_the_job_be_submitted_again(
    cluster: FakeCluster, stage: InProcessStage
) -> None:
    """As it always did: it says nothing of attempts."""
    # Given one, and an heir that reads it
    cluster.write("job-state", b"job", None)
    stage.kill()
    heir = cluster.stage("p1", "heir").start()

    # When the job is submitted again, then it is done
    cluster.give("p1", "job")
    heir.turn_until(lambda: cluster.outputs("p1") == once(["job"]), cluster.statuses)


def _trim(cluster: FakeCluster) -> None:
    log = cluster.broker.log(("jobs.submitted", 0))
    log.forget_below(log.end)


def _newest(cluster: FakeCluster) -> tuple[int, bytes | None, int]:
    """Offset and value of the newest state of the job, and the attempt that a tombstone names."""
    *_, (_, offset, record) = [e for e in cluster.read("job-state") if e[2].key == b"job"]
    named = dict(record.headers or []).get("headway.forgotten", b"0")
    return offset, record.value, int(named or b"0")
