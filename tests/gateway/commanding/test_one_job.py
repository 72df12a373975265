"""`POST /jobs/{id}/retry` and `/cancel`: one acknowledged record that names the attempt."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from support.gateway.memory import FakePublisher
from support.gateway.problems import kind_of, problem_in
from support.gateway.status import FakeStatus

from gateway.admitting.publisher import NotTaken, OutcomeUnknown
from gateway.app import Gateway
from gateway.commanding.statusservice import NoStatusService
from gateway.receiving.refusals import Kind, Refusal
from headway.observing.health import Health
from headway.wire.codec import Codec

Ask = Callable[..., httpx.Response]


def test_a_command_that_says_everything_asks_nobody(
    ask: Ask, publisher: FakePublisher, status: FakeStatus, codec: Codec
) -> None:
    """202 names the command and where the job is watched; its record has the job's key."""
    # Given a status service that is away
    status.away = Refusal(Kind.STATUS_AWAY, "away")

    # When a retry names attempt and stage, and a cancel its attempt
    retry = ask("POST", "/jobs/j1/retry", json={"attempt": 2, "stage": "p2"})
    cancel = ask("POST", "/jobs/j1/cancel", json={"attempt": 3})

    # Then each is one record, in the partition of the key, and the answer says which
    assert (retry.status_code, cancel.status_code) == (202, 202)
    assert retry.json()["links"]["job"] == "http://status/jobs/j1" == retry.headers["location"]
    said = [codec.decode(value, "job-command") for _, value in publisher.records]
    assert said == [
        {
            "command_id": answer.json()["command_id"],
            "kind": answer.json()["kind"],
            "job_id": "j1",
            "attempt": answer.json()["attempt"],
            "stage": stage,
            "by": "gateway",
            "from_stage": "",
            "state_offset": -1,
        }
        for answer, stage in ((retry, "p2"), (cancel, ""))
    ]
    assert [key for key, _ in publisher.records] == ["j1", "j1"]
    assert publisher.partitions == [None, None]


def test_what_a_command_leaves_out_is_asked_of_status(
    ask: Ask, publisher: FakePublisher, status: FakeStatus
) -> None:
    """A button needs to say no more than the job; the letter's partition is the job's."""
    # Given a job that failed in its second attempt, and one at work
    status.failed("j1", attempt=2, stage="p1", place=5)
    status.is_at("j2", "PROCESS_1_RUNNING", attempt=4)

    # When the one is retried and the other cancelled, without a word
    retry, cancel = ask("POST", "/jobs/j1/retry"), ask("POST", "/jobs/j2/cancel", json={})

    # Then the commands name what they are at
    assert retry.status_code == cancel.status_code == 202
    assert (retry.json()["attempt"], retry.json()["stage"]) == (2, "p1")
    assert cancel.json()["attempt"] == 4
    assert publisher.partitions == [5, None]


def test_a_job_in_no_state_for_a_command_is_refused_with_its_state(
    ask: Ask, published: list[tuple[str, bytes]], status: FakeStatus
) -> None:
    """409 says what the job is; 404 that there is none; nothing is written."""
    # Given a job that is done, one at work, one that failed otherwise, and none
    status.is_at("done", "COMPLETED", terminal=True)
    status.is_at("busy", "PROCESS_2_RUNNING")
    status.failed("odd", attempt=3, stage="p1")

    # When what does not fit is asked of them
    answers = [
        ask("POST", "/jobs/done/cancel"),
        ask("POST", "/jobs/busy/retry"),
        ask("POST", "/jobs/odd/retry", json={"attempt": 2}),
        ask("POST", "/jobs/odd/retry", json={"stage": "p2"}),
        ask("POST", "/jobs/none/retry"),
    ]

    # Then each is refused, in words
    assert [kind_of(a) for a in answers] == [(409, "command-unfit")] * 4 + [(404, "job-unknown")]
    assert "is COMPLETED" in answers[0].json()["detail"]
    assert "is at attempt 3, not 2" in answers[2].json()["detail"]
    assert published == []


def test_without_a_status_service_a_command_has_to_say_everything(
    ask: Ask, gateway: Gateway
) -> None:
    """501 says which setting is missing and what to send instead."""
    # Given a gateway that was told of no status service
    alone = NoStatusService()
    commands = replace(
        gateway.commands,
        commander=replace(gateway.commands.commander, status=alone),
        bulk=replace(gateway.commands.bulk, status=alone),
    )
    told = replace(gateway, commands=commands)

    # When commands leave something out, and one does not
    answers = [
        ask("POST", "/jobs/j1/retry", gateway=told, json={"attempt": 1}),
        ask("POST", "/jobs/retry", gateway=told, json={"filter": {}}),
    ]
    whole = ask("POST", "/jobs/j1/cancel", gateway=told, json={"attempt": 1})

    # Then the former are told what to do, and the latter is taken
    for answer in answers:
        detail = problem_in(answer, 501, "status-not-configured")["detail"]
        assert "STATUS_API_URL" in detail
    assert "Send the attempt" in answers[0].json()["detail"]
    assert whole.status_code == 202


def test_the_same_key_is_one_command_even_when_the_job_failed_again(
    ask: Ask, published: list[tuple[str, bytes]], status: FakeStatus
) -> None:
    """A repetition gets the first answer: it does not open one attempt more."""
    # Given a retry with a key, after which the job fails a second time
    status.failed("j1", attempt=1)
    first = ask("POST", "/jobs/j1/retry", headers={"Idempotency-Key": "k1"})
    status.failed("j1", attempt=2)

    # When it is repeated, and the key is sent with another command
    again = ask("POST", "/jobs/j1/retry", headers={"Idempotency-Key": "k1"})
    other = ask("POST", "/jobs/j1/cancel", headers={"Idempotency-Key": "k1"})
    long = ask("POST", "/jobs/j1/retry", headers={"Idempotency-Key": "k" * 129})

    # Then it is the same command under the key's name, and the other one is refused
    assert first.json()["command_id"] == "k1"
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len(published) == 1
    assert kind_of(other) == (422, "idempotency-key-reused")
    assert kind_of(long) == (400, "idempotency-key-malformed")


def test_a_refused_command_leaves_its_key_free(ask: Ask, status: FakeStatus) -> None:
    """Once the job has failed, the same request is taken."""
    # Given a retry with a key, refused since the job is still at work
    status.is_at("j1", "PROCESS_1_RUNNING")
    refused = ask("POST", "/jobs/j1/retry", headers={"Idempotency-Key": "k1"})

    # When the job has failed, and it is repeated
    status.failed("j1")
    taken = ask("POST", "/jobs/j1/retry", headers={"Idempotency-Key": "k1"})

    # Then it is taken
    assert (refused.status_code, taken.status_code) == (409, 202)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(NotTaken("full"), "not-taken"), (OutcomeUnknown("timed out"), "outcome-unknown")],
)
def test_a_command_that_is_not_acknowledged_is_not_202(
    ask: Ask, failures: list[Exception], failure: Exception, kind: str
) -> None:
    """503 says whether it may have been taken, and when to come back."""
    # Given a record that is not acknowledged
    failures.append(failure)

    # When a command is sent
    answer = ask("POST", "/jobs/j1/cancel", json={"attempt": 1})

    # Then its client knows, and may come back
    problem_in(answer, 503, kind)
    assert answer.headers["retry-after"] == "5"


def test_no_command_is_taken_while_kafka_is_away(ask: Ask, health: Health) -> None:
    """503 comes at once, with the reason."""
    # Given a gateway that knows Kafka to be away
    health.set_ready(ready=False, reason="Kafka does not answer")

    # When a command is sent
    answer = ask("POST", "/jobs/j1/cancel", json={"attempt": 1})

    # Then it is refused with that reason
    assert "Kafka does not answer" in problem_in(answer, 503, "not-taken")["detail"]


def test_pages_that_may_submit_may_command_and_others_may_not(ask: Ask, gateway: Gateway) -> None:
    """CORS and trust are those of submissions."""
    # Given a gateway that allows one page
    told = replace(gateway, origins=("http://page:1",))
    asking = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }

    # When that page and another one command
    preflight = ask(
        "OPTIONS", "/jobs/retry", gateway=told, headers={"Origin": "http://page:1", **asking}
    )
    ours, others = (
        ask(
            "POST", "/jobs/j1/cancel", gateway=told, json={"attempt": 1}, headers={"Origin": origin}
        )
        for origin in ("http://page:1", "http://elsewhere.example")
    )

    # Then only the one gets through
    assert preflight.headers["access-control-allow-origin"] == "http://page:1"
    assert (ours.status_code, others.status_code) == (202, 403)
