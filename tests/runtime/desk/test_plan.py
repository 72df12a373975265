"""`headway plan`: what people ask, and what they are told."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.desk.deployment import Said

Run = Callable[..., Said]
_TWO = ("--stage", "p1=40ms", "--stage", "p2=120ms:0.5")
_FEW = ("--jobs", "2000")
_PAGE = Path(__file__).parents[3] / "docs/howto/size.md"
#: Commands on the page, each with what it says.
_SHOWN = re.findall(
    r"```sh\n(headway plan [^\n]*)\n```\n\n```\n(.*?)```",
    _PAGE.read_text(encoding="utf-8"),
    re.DOTALL,
)


def test_a_load_is_answered_with_what_it_needs_and_the_time_it_takes(headway: Run) -> None:
    """Partitions, brokers, replicas by stage, percentiles, and what is full first."""
    # Given a load, when it is planned
    said = headway("plan", "--rate", "500/s", *_TWO, *_FEW)

    # Then all that was asked is there
    assert said.code == 0, said.err
    for words in ("500 jobs/s (1,800,000 an hour)", "11  partitions", "3  brokers", "p95"):
        assert words in said.out
    assert "4  replicas of p1, 8 handlers each; the busiest 68% busy" in said.out
    assert "11  replicas of p2, 8 handlers each; the busiest 68% busy" in said.out
    assert "full first: handlers of p1, at 733 jobs/s (1.47 times this load)" in said.out


def test_machines_are_told_the_same(headway: Run) -> None:
    """One JSON document; times in seconds."""
    # Given a load, when it is planned for machines, at an hour's rate and with a peak
    arguments = ("--rate", "10_000_000/h", "--peak", "1.5", *_TWO, *_FEW, "--json")
    (told,) = headway("plan", *arguments).lines

    # Then it says what it needs, and how long jobs take
    assert told["rate"] == pytest.approx(1.5 * 10_000_000 / 3600)
    assert told["holds"] is True
    assert [stage["name"] for stage in told["stages"]] == ["p1", "p2"]
    assert 0.16 < told["seconds"]["p50"] < told["seconds"]["p95"] < told["seconds"]["p99"]
    assert told["most_rate"] > told["rate"]


def test_of_one_seed_the_answer_is_the_same(headway: Run) -> None:
    """And of another it is another draw of the same load."""
    # Given a load, when it is planned twice, and once by another seed
    asked = ("plan", "--rate", "50/s", *_TWO, *_FEW, "--json")
    one, again, other = headway(*asked), headway(*asked), headway(*asked, "--seed", "2")

    # Then the first two are the same to the byte
    assert one.out == again.out != other.out


def test_a_load_that_is_more_than_there_is_is_told(headway: Run) -> None:
    """Exit code 1: the backlog grows, and no time would be true."""
    # Given too few instances of one stage, when it is planned
    said = headway("plan", "--rate", "500/s", *_TWO, "--replicas", "p2=4", "--partitions", "24")

    # Then it says what is asked for too much, how fast it falls behind, and no percentile
    assert said.code == 1
    assert "TOO MUCH: handlers of p2 are asked for 187% of what they can do" in said.out
    assert "the backlog grows by 233 jobs/s" in said.out
    assert "p95" not in said.out


def test_partitions_that_do_not_go_evenly_are_told_by_the_busiest(headway: Run) -> None:
    """Six partitions on four instances: one third of all jobs on each of two."""
    # Given them, when they are planned, then it is the busiest that counts
    arguments = ("--stage", "p1=100ms", "--replicas", "4", "--partitions", "6")
    said = headway("plan", "--rate", "200/s", *arguments, *_FEW)
    assert said.code == 0
    assert "the busiest 83% busy" in said.out
    assert "little headroom" in said.out


def test_a_goal_that_is_out_of_reach_is_told_with_the_least_there_is(headway: Run) -> None:
    """Exit code 1, and nothing is added for it."""
    # Given a goal below what handlers take, when it is planned
    said = headway("plan", "--rate", "50/s", *_TWO, *_FEW, "--latency-goal", "p99=100ms")

    # Then the handlers' own times are named
    assert said.code == 1
    assert "NOT IN TIME: p99 is" in said.out
    assert "by the handlers' own times: 100 ms is out of reach" in said.out


def test_a_goal_is_kept_by_more_instances(headway: Run) -> None:
    """Exit code 0, with more than the load alone would need."""
    # Given a load, and a goal that the fewest instances miss
    asked = ("plan", "--rate", "100/s", *_TWO, "--concurrency", "2", *_FEW, "--json")
    (fewest,) = headway(*asked).lines
    assert fewest["seconds"]["p99"] > 0.6

    # When the goal is told, then it is kept
    said = headway(*asked, "--latency-goal", "p99=600ms")
    (told,) = said.lines
    assert (said.code, told["kept"]) == (0, True)
    assert sum(s["replicas"] for s in told["stages"]) > sum(s["replicas"] for s in fewest["stages"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rate", "500", *_TWO), "'500' is no rate: say 500/s"),
        (("--rate", "0/s", *_TWO), "'0/s' is no rate"),
        (("--rate", "5/s", "--stage", "p1"), "'p1' is no stage: say p1=40ms"),
        (("--rate", "5/s", "--stage", "p1=0ms"), "a handler takes some time"),
        (("--rate", "5/s", "--stage", "p1=soon"), "'soon' is no duration"),
        (("--rate", "5/s", *_TWO, "--latency-goal", "2s"), "'2s' is no goal: say p99=2s"),
        (("--rate", "5/s", *_TWO, "--replicas", "p3=2"), "there is no --stage p3"),
        (("--rate", "5/s", *_TWO, "--stage", "p1=1s"), "a stage is named twice"),
        (("--rate", "5/s", *_TWO, "--peak", "0.5"), "are 1 at least"),
        (("--rate", "5/s", *_TWO, "--broker-bytes", "fast"), "'fast' is no size"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_what_to_say(
    headway: Run, arguments: tuple[str, ...], words: str
) -> None:
    """Exit code 2."""
    # Given arguments that make no sense, when they are planned, then it is told how they would
    said = headway("plan", *arguments)
    assert said.code == 2
    assert words in said.err


def test_too_many_instances_are_refused_with_the_concurrency_that_fits(headway: Run) -> None:
    """Partitions are the most instances there can be."""
    # Given slow handlers and a great load, when it is planned, then it says which way out there is
    said = headway("plan", "--rate", "5000/s", "--stage", "p1=2s")
    assert said.code == 1
    assert "p1 needs 1786 replicas; with --concurrency 58 it fits" in said.err


def test_a_bunch_of_jobs_waits_for_itself(headway: Run) -> None:
    """Those submitted at once are done one after the other, however fast they come on average."""
    # Given the same rate, once in bunches, when both are planned, then the bunches take longer
    asked = ("plan", "--rate", "20/s", *_TWO, "--replicas", "2", *_FEW, "--json")
    (even,), (bunched,) = headway(*asked).lines, headway(*asked, "--burst", "100").lines
    assert bunched["seconds"]["p50"] > 2 * even["seconds"]["p50"]
    assert json.dumps(bunched["limits"]) == json.dumps(even["limits"])


@pytest.mark.parametrize("shown", _SHOWN, ids=lambda shown: shown[0].split("--rate ")[1][:12])
def test_the_plans_that_the_page_shows_are_those_that_are_told(
    headway: Run, shown: tuple[str, str]
) -> None:
    """Whoever repeats them gets them again."""
    # Given a command of the page, when it is given, then what stands below it is said
    command, text = shown
    said = headway(*command.split()[1:])
    assert said.out == text
