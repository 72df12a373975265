"""`POST /schedules/{rule}/{verb}`: a record in every lane, and what the answer says."""

from collections.abc import Callable

import httpx
import pytest
from support.gateway.memory import FakePublisher
from support.gateway.problems import problem_in
from support.gateway.status import FakeStatus

from gateway.admitting.publisher import NotTaken, OutcomeUnknown
from gateway.receiving.refusals import Kind, Refusal
from headway.wire.codec import Codec

Ask = Callable[..., httpx.Response]


@pytest.fixture(autouse=True)
def _known(status: FakeStatus) -> None:
    """There is a rule called nightly."""
    status.known = ["nightly", "window-p2"]


@pytest.mark.parametrize("verb", ["pause", "resume", "run", "count", "stop"])
def test_every_lane_is_told_the_same(
    ask: Ask, publisher: FakePublisher, codec: Codec, verb: str
) -> None:
    """202 means acknowledged by all of them; one id lets each do it once."""
    # Given a rule, when something is asked of it
    answer = ask("POST", f"/schedules/nightly/{verb}")

    # Then each lane has the record, under the rule's name
    assert answer.status_code == 202
    assert publisher.partitions == [0, 1, 2]
    assert {key for key, _ in publisher.records} == {"nightly"}
    (said,) = {tuple(codec.decode(v, "schedule-command").items()) for _, v in publisher.records}
    told = dict(said)
    assert (told["kind"], told["rule"], told["by"]) == (verb, "nightly", "gateway")
    assert told["command_id"] == answer.json()["command_id"]
    assert answer.json()["links"]["schedules"] == "http://status/schedules"


def test_a_rule_that_nobody_knows_is_refused_with_those_there_are(
    ask: Ask, publisher: FakePublisher
) -> None:
    """A slip of the finger is told, not taken and forgotten."""
    # Given two rules, when something is asked of a third, then 404 names them
    answer = ask("POST", "/schedules/nigthly/run")
    assert "nightly, window-p2" in problem_in(answer, 404, "rule-unknown")["detail"]
    assert publisher.records == []


def test_while_nobody_can_say_which_rules_there_are_it_is_taken(
    ask: Ask, status: FakeStatus, publisher: FakePublisher
) -> None:
    """The page may be away while a rule has to be stopped; the scheduler judges."""
    # Given a status service that is away, when a rule is paused, then it is taken
    status.away = Refusal(Kind.STATUS_AWAY, "away")
    assert ask("POST", "/schedules/nightly/pause").status_code == 202
    assert len(publisher.records) == 3


def test_a_repetition_is_the_same_command(ask: Ask, publisher: FakePublisher, codec: Codec) -> None:
    """Its key names it; for something else the key is refused."""
    # Given a run under a key
    headers = {"Idempotency-Key": "k1"}
    first = ask("POST", "/schedules/nightly/run", headers=headers)

    # When it is repeated, and something else sent under the key
    again = ask("POST", "/schedules/nightly/run", headers=headers)
    other = ask("POST", "/schedules/nightly/count", headers=headers)

    # Then it is answered as before, and nothing is written anew
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    problem_in(other, 422, "idempotency-key-reused")
    ids = [codec.decode(value, "schedule-command")["command_id"] for _, value in publisher.records]
    assert ids == ["k1"] * 3


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        ([OutcomeUnknown("late")], "commands-incomplete"),
        ([NotTaken("away"), NotTaken("away"), NotTaken("away")], "not-taken"),
    ],
)
def test_lanes_that_were_not_told_are_told_by_a_repetition(
    ask: Ask, publisher: FakePublisher, faults: list[Exception], kind: str
) -> None:
    """503 says so; the same request under the same key writes the same to all of them."""
    # Given a lane that does not acknowledge
    publisher.failures.extend(faults)
    headers = {"Idempotency-Key": "k1"}

    # When a rule is paused, and paused again as the answer advises
    problem_in(ask("POST", "/schedules/nightly/pause", headers=headers), 503, kind)
    publisher.partitions.clear()
    again = ask("POST", "/schedules/nightly/pause", headers=headers)

    # Then all lanes have it
    assert again.status_code == 202
    assert publisher.partitions == [0, 1, 2]


def test_what_is_none_of_it_is_refused(ask: Ask) -> None:
    """An unknown verb is no route, a body says nothing, a name has its bounds."""
    # Given such requests, when they are sent, then each is refused
    assert ask("POST", "/schedules/nightly/explode").status_code == 404
    problem_in(ask("POST", "/schedules/nightly/run", json={"a": 1}), 422, "command-invalid")
    problem_in(ask("POST", f"/schedules/{'x' * 201}/run"), 422, "command-invalid")
