"""`headway dead-letters`: letters are found, looked at and taken out."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.desk.deployment import Deployment, Said

from headway.base.clock import SystemClock
from headway.base.errors import PermanentError, TransientError
from headway.edges.objectstore import ObjectStore
from headway.outcomes.deadletter import Claim

pytestmark = pytest.mark.broker

Run = Callable[..., Said]
#: What failed in the incident: all other letters of this module are younger.
_THEN = ("--until", "2025-11-24T16:02:00")


def _jobs(said: Said) -> list[tuple[object, object]]:
    assert said.code == 0, said.err
    return [(line["job_id"], line["attempt"]) for line in said.lines]


@pytest.mark.usefixtures("incident")
def test_letters_are_listed_newest_first_by_filters(desk: Run) -> None:
    """Stage, class of error, time and job; of more than the limit the newest, and how many."""
    # Given five letters, when they are listed by filters
    every = desk("dead-letters", "ls", "--json", *_THEN)
    limited = desk("dead-letters", "ls", "--json", "--limit", "2", *_THEN)
    odd = desk("dead-letters", "ls", "--json", "--error-class", "PermanentError", *_THEN)
    ours = desk("dead-letters", "ls", "--json", "--job", "away-2", "--stage", "p1")
    until = desk("dead-letters", "ls", "--json", "--until", "2025-11-24T16:01:42")
    none = desk("dead-letters", "ls", "--json", "--stage", "p2")

    # Then each has what it asked for
    assert _jobs(every) == [
        ("again-1", 1),
        ("away-2", 2),
        ("away-2", 1),
        ("odd-1", 1),
        ("away-1", 1),
    ]
    assert _jobs(limited) == [("again-1", 1), ("away-2", 2)]
    assert "2 of 5 dead letters" in limited.err
    assert _jobs(odd) == [("odd-1", 1)]
    assert _jobs(ours) == [("away-2", 2), ("away-2", 1)]
    assert _jobs(until) == [("odd-1", 1), ("away-1", 1)]
    assert _jobs(none) == []
    assert "no dead letters" in none.err


def test_letters_since_a_moment_are_read_from_there(desk: Run, deployment: Deployment) -> None:
    """Those that failed before it are left out; in a time to come there is nothing."""
    # Given a letter of a moment ago among older ones
    deployment.fail("young-1", at=SystemClock().now_ms() - 60_000)
    deployment.fail("old-1")

    # When those of an hour are listed, and those of a time to come
    young = desk("dead-letters", "ls", "--json", "--since", "1h")
    none = desk("dead-letters", "ls", "--json", "--since", "2100-01-01")

    # Then there is the one, and none
    assert _jobs(young) == [("young-1", 1)]
    assert _jobs(none) == []


@pytest.mark.usefixtures("incident")
def test_people_get_a_table_with_a_line_a_letter(desk: Run) -> None:
    """A message of many lines is one there; the place is what the other commands take."""
    # Given a letter whose message has two lines, when it is listed for people
    said = desk("dead-letters", "ls", "--job", "odd-1")

    # Then it stands in a line
    heads, line = said.out.splitlines()
    assert heads.split()[0] == "FAILED"
    assert "2025-11-24T16:01:41Z" in line
    assert line.endswith("Row 3 is odd: ü")
    assert ".p1.dlq " in line


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ls", "--since", "yesterday"], "is no time"),
        (["ls", "--stage", "p9"], "the stages are p1, p2"),
        (["show", "p1.dlq", "x", "0"], "'x' is no number"),
        (["redrive"], "say which"),
        (["redrive", "p1.dlq", "0"], "a place is TOPIC PARTITION OFFSET"),
        (["redrive", "p1.dlq", "0", "0", "--job", "j"], "do not go together"),
        (["redrive", "--all", "--rate", "fast"], "is no pace"),
    ],
)
def test_arguments_that_are_none_are_refused(desk: Run, arguments: list[str], told: str) -> None:
    """Exit code 2, with what is wrong."""
    # Given arguments that are none, when they are given, then it is told
    said = desk("dead-letters", *arguments)
    assert (said.code, told in said.err) == (2, True), said.err


def test_a_letter_is_shown_with_headers_and_bytes(desk: Run, deployment: Deployment) -> None:
    """For people as text and hexadecimal, for machines in base64, for pipes as it is."""
    # Given the letter of a record that was no record
    place = deployment.fail("bytes-1", value=b"no record \xff\x00", error=PermanentError("odd"))
    topic = place.topic.removeprefix(deployment.prefix)

    # When it is shown in each way; its topic may be named without the prefix
    people = desk("dead-letters", "show", topic, *place.words[1:])
    machines = desk("dead-letters", "show", *place.words, "--json")

    # Then headers and bytes are there
    assert people.code == 0, people.err
    assert "job bytes-1, attempt 1" in people.out
    assert "headway.error.class" in people.out
    assert "6e 6f 20 72 65 63 6f 72 64 20 ff 00" in people.out
    assert "no record .." in people.out
    (told,) = machines.lines
    assert base64.b64decode(told["value"]) == b"no record \xff\x00"
    headers = {name: base64.b64decode(value) for name, value in told["headers"]}
    assert headers["headway.error.message"] == b"odd"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["p1.dlq", "0", "999999"], "no such record"),
        (["p1.dlq", "99", "0"], "the topic has partitions 0 to 1"),
    ],
)
def test_a_place_without_a_record_is_told(desk: Run, words: list[str], told: str) -> None:
    """Exit code 1, at once."""
    # Given a place with nothing, when it is shown, then it is told
    said = desk("dead-letters", "show", *words)
    assert (said.code, told in said.err) == (1, True), said.err


def test_bytes_that_lie_in_the_store_are_fetched_and_checked(
    desk: Run, deployment: Deployment, tmp_path: Path
) -> None:
    """`--raw` is the record's value wherever it lies; another object is refused."""
    # Given letters whose values lie in the store, one of which is not what was put there
    url = tmp_path.as_uri()
    ObjectStore.open(url).put_bytes("dead-letters/p1/large", b"large")
    checksum = hashlib.sha256(b"large").hexdigest()
    whole, changed = (
        deployment.fail(job_id, claims=(Claim("value", "dead-letters/p1/large", 5, said),))
        for job_id, said in (("large-1", checksum), ("large-2", "0" * 64))
    )

    # When they are asked for
    given = [
        desk("dead-letters", "show", *place.words, "--raw", OBJECT_STORE_URL=store)
        for place, store in ((whole, url), (changed, url), (whole, ""))
    ]

    # Then the one is given out, and for the others it is said why not
    assert [(said.code, said.out) for said in given] == [(0, "large"), (1, ""), (2, "")]
    assert "is not the one that the letter names" in given[1].err
    assert "OBJECT_STORE_URL is not set" in given[2].err


def test_letters_are_exported_whole(desk: Run, deployment: Deployment, tmp_path: Path) -> None:
    """A line of JSON each, with every byte; a file is there whole or not at all."""
    # Given a letter
    place = deployment.fail("out-1", error=TransientError("away"))

    # When it is exported, and when it cannot be
    said = desk("dead-letters", "export", "--job", "out-1", "-o", str(tmp_path / "letters.jsonl"))
    refused = desk("dead-letters", "export", "-o", str(tmp_path / "no" / "letters.jsonl"))

    # Then the file has all of it
    assert said.code == 0, said.err
    (line,) = (tmp_path / "letters.jsonl").read_text(encoding="utf-8").splitlines()
    letter = json.loads(line)
    assert [str(letter[name]) for name in ("topic", "partition", "offset")] == place.words
    assert base64.b64decode(letter["key"]) == b"out-1"
    assert "headway.carried" in {name for name, _ in letter["headers"]}
    assert [path.name for path in tmp_path.iterdir()] == ["letters.jsonl"]
    assert refused.code == 2
