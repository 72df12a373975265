"""`headway dead-letters redrive`: the jobs of many letters are retried, each once."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from support.desk.deployment import Deployment, Said

from headway.base.errors import PermanentError
from headway.outcomes.deadletter import Claim
from headway.wire.commands import retry_id

pytestmark = pytest.mark.broker

Run = Callable[..., Said]
#: What failed in the incident: all other letters of this module are younger.
_THEN = ("--until", "2025-11-24T16:02:00")


def _commanded(incident: Deployment) -> list[Mapping[str, Any]]:
    return [c for c in incident.commands() if c["job_id"].startswith("away-")]


def test_redriving_commands_those_whose_job_is_still_where_the_letter_left_it(
    desk: Run, incident: Deployment
) -> None:
    """What was retried since or cannot succeed is left out; twice is once."""
    # Given letters of which one job runs again, one was retried by a newer one, one failed for good
    filters = ("dead-letters", "redrive", *_THEN)

    # When they are redriven: first dry, then without anybody there, then twice in earnest
    dry = desk(*filters, "--dry-run")
    silent = desk(*filters)
    before = _commanded(incident)
    done = desk(*filters, "--yes", "--rate", "1000/s", "--by", "ann")
    again = desk(*filters, "--yes", "--json")

    # Then each due job has a command for its newest attempt, and the repetition is the same ones
    assert (dry.code, silent.code, done.code, again.code) == (0, 2, 0, 0), done.err
    assert "2 dead letters to retry" in dry.out
    assert "2  p1  TransientError" in dry.out
    assert "2 more were retried since" in dry.out
    assert "1 more cannot succeed as they are" in dry.out
    assert "say --yes" in silent.err
    assert before == []
    commands = _commanded(incident)
    assert {(c["job_id"], c["attempt"], c["stage"]) for c in commands} == {
        ("away-1", 1, "p1"),
        ("away-2", 2, "p1"),
    }
    assert {c["command_id"] for c in commands} == {
        retry_id("away-1", 1, "p1"),
        retry_id("away-2", 2, "p1"),
    }
    assert again.lines[0]["due"] == 2


def test_places_and_permanent_failures_are_redriven_when_asked_for(
    desk: Run, deployment: Deployment
) -> None:
    """After a stage was mended its operator knows better than the error did."""
    # Given a job that failed for good, and one whose record is too large for a letter
    place = deployment.fail("mended-1", error=PermanentError("odd"))
    deployment.fail("large-3", claims=(Claim("value", "dead-letters/p1/large", 5, ""),))

    # When it is redriven by its filter, with and without that word, and by its place
    left, taken = (
        desk("dead-letters", "redrive", "--job", "mended-1", "--json", "--dry-run", *more)
        for more in ((), ("--permanent",))
    )
    placed = desk("dead-letters", "redrive", *place.words, "--yes", "--json")
    large = desk("dead-letters", "redrive", "--job", "large-3")

    # Then it is where it was asked for, and the other is never
    assert "1 more are too large to be sent back" in large.out
    assert [said.lines[0]["due"] for said in (left, taken, placed)] == [0, 1, 1]
    assert [c["job_id"] for c in deployment.commands()].count("mended-1") == 1
