"""`headway schedules`: how rules stand, and what is asked of them, by Kafka alone."""

import threading
from collections.abc import Callable, Iterator

import pytest
from support.desk.deployment import Deployment, Said
from support.status.schedules.records import RULES, WINDOWS, rule_record, window_record
from support.waiting import wait_until

from headway.desk.schedules import ask

pytestmark = pytest.mark.broker

Run = Callable[..., Said]
_DAY_MS = 86_400_000
_AT = 4_000_000_000_000
_RUN = {
    "run_id": "r1",
    "started_at": 1000,
    "dry": False,
    "by": "",
    "position": 10,
    "end": 40,
    "matched": 8,
    "sent": 5,
    "finished_at": None,
}


@pytest.fixture(scope="module", autouse=True)
def _told(deployment: Deployment) -> None:
    """A scheduler of two lanes has told of two rules and a window."""
    codec = deployment.codec
    for lane in (0, 1):
        nightly = rule_record(codec, "nightly", next_at=_AT + lane * _DAY_MS, done=7, run=_RUN)
        deployment.tell(RULES, lane, "nightly", nightly)
        again = rule_record(codec, "again", kind="rerun", paused=True, paused_by="ann", pending=3)
        deployment.tell(RULES, lane, "again", again)
    deployment.tell(WINDOWS, 0, "p2", window_record(codec, "p2", open=True, until=_AT))
    deployment.tell(WINDOWS, 1, "p2", window_record(codec, "p2", next_at=_AT))


def test_rules_and_windows_are_listed_once_each(desk: Run) -> None:
    """Summed over the lanes; for people, or for machines."""
    # Given two rules and a window, when they are listed
    people, machines = desk("schedules", "ls"), desk("schedules", "ls", "--json")

    # Then each stands in a line
    lines = [line.split() for line in people.out.splitlines() if line]
    assert [line[0] for line in lines] == ["RULE", "again", "nightly", "WINDOW", "p2"]
    assert "paused by ann" in people.out
    assert "running: 10 of 16 sent, 25 % looked at" in people.out
    assert "2096-10-02T07:06:40Z" in people.out
    assert "open in 1 of 2 lanes" in people.out
    again, nightly, window = machines.lines
    assert (again["pending"], nightly["done"], window["window"]) == (6, 14, "p2")
    assert nightly["next_at"] == _AT


def test_what_is_asked_of_a_rule_lies_in_every_lane(desk: Run, deployment: Deployment) -> None:
    """The same record in each, under the rule's name."""
    # Given a rule, when it is paused
    said = desk("schedules", "pause", "nightly", "--by", "ann", "--json")

    # Then each lane has it
    assert said.code == 0
    asked = deployment.all("schedule-commands", "schedule-command", "rule")
    paused = [it for it in asked if it["kind"] == "pause"]
    assert sorted(it["partition"] for it in paused) == [0, 1]
    assert {it["command_id"] for it in paused} == {said.lines[0]["command_id"]}
    assert {(it["rule"], it["by"]) for it in paused} == {("nightly", "ann")}


def test_a_rule_that_nobody_told_of_is_not_asked(desk: Run) -> None:
    """Exit code 1, and the names that there are."""
    # Given two rules, when a third one is asked, then it is told so
    said = desk("schedules", "run", "nigthly")
    assert said.code == 1
    assert "there are again, nightly" in said.err


@pytest.fixture
def counting(deployment: Deployment) -> Iterator[None]:
    """A scheduler that counts 4 jobs in each lane as soon as it is asked to."""
    over = threading.Event()

    def asked() -> str | None:
        all_ = deployment.all("schedule-commands", "schedule-command", "rule")
        return next((it["command_id"] for it in all_ if it["kind"] == "count"), None)

    def work() -> None:
        run_id = wait_until(lambda: "over" if over.is_set() else asked())
        run = {**_RUN, "run_id": run_id, "started_at": 2000, "dry": True, "matched": 4}
        for lane in (0, 1):
            record = rule_record(deployment.codec, "again", run=run | {"finished_at": 3000})
            deployment.tell(RULES, lane, "again", record)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("counting")
def test_a_count_is_waited_for(desk: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is through in every lane; then its number is the answer."""
    # Given a scheduler that counts, when a count is waited for
    monkeypatch.setattr(ask, "_LOOK_SECONDS", 0.05)
    said = desk("schedules", "count", "again", "--wait")

    # Then it is told
    assert said.code == 0
    assert "counted: 8 found" in said.out
