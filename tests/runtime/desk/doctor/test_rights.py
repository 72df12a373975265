"""What the doctor says where a broker asks who one is, and what one may do."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from support.desk.doctoring import Found, Gate
from support.kafka.guarded import ADMIN, word_of
from support.statistics.signing import is_said, report, signed_in
from support.waiting import wait_until

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.desk.doctor.needs import lacking, needs, removing
from headway.edges import kafka

Guest = Callable[..., Found]
_READ, _WRITE = kafka.AclOperation.READ, kafka.AclOperation.WRITE
_DELETE = kafka.AclOperation.DELETE


@pytest.mark.broker
def test_who_may_do_everything_is_told_so(guest: Guest) -> None:
    """A broker with an authorizer, and a user whom it lets do all."""
    # Given such a user, when the cluster is examined, then nothing is wrong
    told = guest(ADMIN)
    assert (told.code, told.wrong) == (0, set()), told.text
    assert told.of("agreement", "unknown") == []


@pytest.mark.broker
def test_a_wrong_password_is_told_in_words_and_never_shown(guest: Guest) -> None:
    """What the client says of it is not for people."""
    # Given another password, when the cluster is examined
    told = guest(ADMIN, password="open-sesame-1234")

    # Then it is told what is refused, and nobody reads what was given
    assert told.code == 1
    (line,) = told.of("brokers", "wrong")
    assert "SASL: the broker refuses who we say we are" in line
    assert "open-sesame" not in told.text


@pytest.mark.broker
def test_what_each_service_lacks_is_told_with_the_command_that_grants_it(guest: Guest) -> None:
    """A user to whom nothing was granted."""
    # Given such a user, when the cluster is examined for the first stage
    told = guest("service", "--as", "p1")

    # Then what it may not do is there, and no other service is spoken of
    lines = told.of("rights", "wrong")
    assert any(line.startswith("p1: may not write command-results") for line in lines), lines
    assert any(line == "p1: may not be a member of the group p1" for line in lines), lines
    assert "--operation Read --operation Describe --group p1" in told.text
    assert not [line for line in lines if line.startswith("p2")]
    assert word_of("service") not in told.text


@pytest.mark.broker
def test_one_right_that_is_missing_is_the_one_that_is_told(guest: Guest, gate: Gate) -> None:
    """What operators meet: everything was granted, but for one topic."""
    # Given a user who may do everything but write one topic
    gate.grant_all()
    gate.deny(kafka.ResourceType.TOPIC, "jobs.p1-done")

    # When the cluster is examined, once the broker has heard of it
    told = wait_until(lambda: _with(guest, "p1: may not write jobs.p1-done"))

    # Then it alone is told, with the command
    assert told.of("rights", "wrong") == ["p1: may not write jobs.p1-done"]
    assert "--operation Write --topic jobs.p1-done" in told.text


@pytest.mark.broker
def test_a_transactional_id_that_may_not_be_used_is_told(guest: Guest, gate: Gate) -> None:
    """Nobody can ask what may be done to it: a transaction is tried."""
    # Given a user who may do everything but use the transactional ids of two doctors
    gate.grant_all()
    for service in ("p2", "scheduler"):
        gate.deny(kafka.ResourceType.TRANSACTIONAL_ID, f"{service}-doctor")

    # When the cluster is examined, then both are told
    for service in ("p2", "scheduler"):
        line = f"{service}: may not use the transactional id {service}-doctor"
        told = wait_until(partial(_with, guest, line, service))
        assert f"--transactional-id {service}-" in told.text


@pytest.mark.broker
def test_who_may_not_remove_what_is_done_is_told_and_works_all_the_same(
    guest: Guest, gate: Gate
) -> None:
    """The scheduler trims topics where a rule asks for it; without the right they grow."""
    # Given a user who may do everything but remove records of one topic, and see one stage's group
    gate.grant_all()
    gate.deny(kafka.ResourceType.TOPIC, "jobs.submitted", _DELETE)
    describing = kafka.AclOperation.DESCRIBE
    gate.deny(kafka.ResourceType.GROUP, "p2", describing)

    # When the cluster is examined for the scheduler, once the broker has heard of the latter
    line = "scheduler: may not see what the group p2 has done, so it trims nothing of it"
    told = wait_until(partial(_with, guest, line, "scheduler", level="warning"))

    # Then both are told, to be looked at, with the commands
    removing_lacks = "scheduler: may not remove what is done from jobs.submitted"
    assert set(told.of("rights", "warning")) == {line, removing_lacks}
    assert told.of("rights", "wrong") == []
    assert "--operation Delete --topic jobs.submitted" in told.text
    assert "--operation Describe --group p2" in told.text


@pytest.mark.broker
def test_what_the_doctor_asks_for_is_enough_for_the_statistics(
    guest: Guest, gate: Gate, tmp_path: Path
) -> None:
    """Their client is not the others': it signs in, and sums, with those rights alone."""
    # Given a user who may do what is needed, of whom the doctor says no more
    for need in needs("statistics", Catalog.load().topics.values()):
        for topic in need.topics:
            gate.grant(kafka.ResourceType.TOPIC, topic, need.operation)
    gate.grant(kafka.ResourceType.GROUP, "statistics", _READ)
    gate.grant(kafka.ResourceType.GROUP, "statistics", kafka.AclOperation.DESCRIBE)
    wait_until(partial(_well, guest, "statistics"))

    # When a worker starts as that user, and a stage reports
    with closing(signed_in(gate.broker, "service", tmp_path)) as worker:
        worker.start()
        report(gate.broker, ADMIN)

        # Then it is summed, and the worker ends in order
        wait_until(partial(is_said, gate.broker, ADMIN), worker.tail, pause_seconds=0.3)
        assert worker.stop() == 0


def test_what_services_need_follows_from_what_topics_declare() -> None:
    """A stage that is added later is looked at without a line here."""
    # Given the topics, when it is asked what a stage needs
    topics = Catalog.load().topics
    wanted = {need.operation: need.topics for need in needs("p2", topics.values())}

    # Then it reads what names it as a consumer, and writes what names it as a producer
    assert set(wanted[_READ]) == {name for name, t in topics.items() if "p2" in t.consumers}
    assert set(wanted[_WRITE]) == {name for name, t in topics.items() if "p2" in t.producers}


def test_a_stage_needs_what_a_job_is_done_again_with_by_those_before() -> None:
    """The one that ended it sends it there."""
    # Given the topics, when it is asked what the last stage needs of those of the first
    found = {need.operation: need.topics for need in needs("p2", Catalog.load().topics.values())}

    # Then it may read what the first one was given, and lay that into its first tier
    assert "jobs.submitted" in found[_READ]
    assert [name for name in found[_WRITE] if name.startswith("p1.")] == ["p1.retry.1"]


def test_the_scheduler_removes_what_is_done_and_letters_of_no_use() -> None:
    """What stages have read lies there until it is trimmed, in topics that no time limits."""
    # Given the topics, when it is asked from which records are removed
    topics, pipeline = Catalog.load(), Pipeline.load()
    need = removing(pipeline, topics)

    # Then it is those that keep everything, and that a stage reads, and those of dead letters
    kept = {n for n, t in topics.topics.items() if t.config.get("retention.ms") == "-1"}
    letters = {stage.dead_letters for stage in pipeline.stages}
    assert set(need.topics) == kept - {pipeline.stages[-1].sink} | letters
    assert (need.service, need.operation, need.vital) == ("scheduler", _DELETE, False)


def test_of_a_topic_that_is_not_there_no_right_is_missing() -> None:
    """That it is missing is told elsewhere."""
    # Given what a stage writes, of which one topic is there without the right to write it
    need = next(n for n in needs("p1", Catalog.load().topics.values()) if n.operation == _WRITE)
    allowed = {"jobs.p1-done": frozenset({_READ}), "p1.dlq": frozenset({_WRITE})}

    # When it is asked what is lacking, then it is that one
    assert lacking(need, allowed) == ["jobs.p1-done"]


def _well(guest: Guest, service: str) -> bool:
    """Whether nothing is told of the service's rights."""
    return guest("service", "--as", service).of("rights", "wrong") == []


def _with(guest: Guest, line: str, *services: str, level: str = "wrong") -> Found | None:
    """What is told of those services, or of the stages, if that line is in it."""
    chosen = [word for service in services or ("p1", "p2") for word in ("--as", service)]
    told = guest("service", *chosen)
    return told if line in told.of("rights", level) else None
