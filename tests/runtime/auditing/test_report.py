"""A verdict as people and machines read it."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from support.auditing.faults import OF_RUNS
from support.auditing.simulator import simulate
from support.kafka.messages import SUBMITTED_AT

from headway.auditing import command
from headway.auditing.checker import MOST_KEPT, Verdict, judge
from headway.auditing.facts import Position
from headway.auditing.findings import Finding, Kind
from headway.auditing.history import ALWAYS
from headway.auditing.report import Report


def _report(verdict: Verdict, **changed: Any) -> Report:
    told = {"at": SUBMITTED_AT, "since": ALWAYS, "settle_seconds": 60.0, "numbers": 6}
    return Report(verdict, **{**told, "took_seconds": 1.25, **changed})


def test_a_clean_verdict_says_so_with_counts() -> None:
    """Whoever asks reads what was judged, and that all of it was as promised."""
    # Given what a correct pipeline wrote
    verdict = judge(simulate(1).history())
    verdict.moving, verdict.forgotten = 3, 2

    # When it is told, of a day
    report = _report(verdict, since=SUBMITTED_AT - 86_400_000, notes=["p1 was not asked"])
    text = report.text(10)

    # Then all is in it
    assert "audit of since 2025-11-23T16:00:00Z, as of 2025-11-24T16:00:00Z" in text
    assert "40  jobs judged" in text
    assert f"{verdict.jobs['COMPLETED']}    COMPLETED" in text
    assert "3  jobs moved in the last 60 s: on their way, not judged" in text
    assert "2  jobs deleted" in text
    assert "note: p1 was not asked" in text
    assert "clean: every job that was judged has one output a stage" in text


def test_findings_are_counted_by_kind_and_told_with_their_places() -> None:
    """What was found, of which job and attempt, and where the records lie that show it."""
    # Given one fault, as another is kept
    topics = simulate(1, 120)
    job_id = OF_RUNS[1].plant(topics)
    verdict = judge(topics.history())

    # When it is told to people
    text = _report(verdict).text(10)

    # Then it is named, explained and placed
    assert "1 FINDINGS in 1 jobs:" in text
    assert "output-twice: a stage has several outputs of one attempt" in text
    assert f"output-twice: {job_id}, attempt 1: 2 outputs of p2 (jobs.p2-done[2]@" in text

    # And machines have the same
    told = json.loads(json.dumps(_report(verdict).as_json()))
    assert (told["clean"], told["since"], told["jobs"]["faulty"]) == (False, None, 1)
    (finding,) = told["findings"]
    assert (finding["kind"], finding["job_id"]) == ("output-twice", job_id)
    assert {place["topic"] for place in finding["places"]} == {"jobs.p2-done"}


def test_any_number_of_findings_is_counted_and_a_bounded_number_kept() -> None:
    """A cluster in which all is wrong does not fill the memory of who says so."""
    # Given more findings than are kept
    verdict = Verdict()
    for number in range(MOST_KEPT + 5):
        places = (Position("job-state", 1, number),)
        verdict.add(Finding(Kind.STATE_BACK, f"job-{number}", 1, "it went back", places))

    # When they are told, then all are counted, and the text says how many are left out
    assert len(verdict.findings) == MOST_KEPT
    assert verdict.kinds == {"state-back": MOST_KEPT + 5}
    assert f"... {MOST_KEPT + 5 - 3:,} more" in _report(verdict).text(3)


def test_times_are_given_as_people_say_them() -> None:
    """1d, 12h, 90 s; what is none of that is refused with an example."""
    # Given the command's arguments
    parser = argparse.ArgumentParser()
    command.add(parser)

    # When they are read, then durations are seconds
    args = parser.parse_args(["--since", "1d", "--settle", "90 s", "--clocks", "500ms"])
    assert (args.since, args.settle, args.clocks) == (86_400, 90, 0.5)
    assert parser.parse_args([]).since is None

    # And what is no duration ends it there
    with pytest.raises(SystemExit):
        parser.parse_args(["--since", "yesterday"])


def test_the_page_on_audits_tells_of_every_kind() -> None:
    """Who is told of a fault looks its kind up there."""
    # Given the page, when it is read, then each kind is there with what it means
    page = (Path(__file__).parents[3] / "docs/howto/audit.md").read_text(encoding="utf-8")
    rows = {f"| `{kind.label}` | {kind.meaning} |" for kind in Kind}
    assert {row for row in rows if row not in page and "stream-" not in row} == set()
    assert all(f"`{kind.label}`" in page for kind in Kind)
