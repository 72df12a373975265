"""One dead letter with its bytes, as Kafka has it at that moment."""

import base64

import pytest
from confluent_kafka import KafkaError, KafkaException
from support.status.letters import Postbox
from support.status.records import START_MS
from support.status.rig import Rig
from support.status.web import Web

from headway.base.errors import TransientError


def test_a_letter_is_told_with_its_headers_and_bytes(post: Postbox, web: Web) -> None:
    """Text as text, anything else in base 64."""
    # Given a letter with a header of the producer's that is no text
    post.failed("a")
    place = post.post("p1.dlq", "b", b"\xff\x00bytes", [("theirs", b"\xff"), ("none", None)])

    # When it is asked for
    letter = web.json("/dead-letters/{}/{}/{}".format(*place))

    # Then it is told with all that it has, and its key tells the job
    assert (letter["key"], letter["job_id"], letter["redrivable"]) == ("b", "b", False)
    assert letter["headers"] == [["theirs", {"base64": "/w=="}], ["none", None]]
    assert base64.b64decode(letter["value"]) == b"\xff\x00bytes"
    assert letter["cut"] is False
    assert web.json("/dead-letters/p1.dlq/0/0")["redrivable"] is True


@pytest.mark.parametrize(("size", "cut"), [(65_536, False), (65_537, True)])
def test_of_a_large_letter_the_beginning_is_told(
    post: Postbox, web: Web, size: int, *, cut: bool
) -> None:
    """And that there is more."""
    # Given a large letter
    place = post.letter("a", value=b"x" * size)

    # When it is asked for
    letter = web.json("/dead-letters/{}/{}/{}".format(*place))

    # Then it is told as far as 64 KiB
    assert base64.b64decode(letter["value"]) == b"x" * 65_536
    assert (letter["cut"], letter["size_bytes"]) == (cut, size)


@pytest.mark.usefixtures("post")
@pytest.mark.parametrize(
    "place",
    ["p1.dlq/0/0", "jobs.submitted/0/0", "p1.dlq/6/0", "p1.dlq/x/0", f"p1.dlq/0/{2**63}"],
)
def test_a_letter_that_kafka_does_not_have_is_404(web: Web, place: str) -> None:
    """Never was, is no longer, or is none."""
    # Given no letter there
    # When it is asked for
    response = web.get(f"/dead-letters/{place}")

    # Then there is none
    assert response.status_code == 404
    assert response.json()["title"] == "Unknown dead letter"


@pytest.mark.parametrize(
    "error", [KafkaException(KafkaError(KafkaError._TIMED_OUT)), TransientError("no answer")]
)
def test_a_letter_that_kafka_does_not_tell_of_is_503(
    rig: Rig, post: Postbox, web: Web, error: Exception
) -> None:
    """It is asked for at the moment somebody wants it."""
    # Given a letter, and a Kafka that is away
    place = post.letter("a")
    rig.kafka[place] = error

    # When it is asked for
    response = web.get("/dead-letters/{}/{}/{}".format(*place))

    # Then it says who does not answer, and that it may come later
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert "Kafka does not answer" in response.json()["detail"]


def test_a_record_without_any_of_our_headers_is_a_letter_all_the_same(
    post: Postbox, web: Web
) -> None:
    """Whatever lies in the topic, somebody may look for it."""
    # Given records that no stage wrote: without key, without value, with odd numbers
    post.post("p1.dlq", None, None, [])
    odd = [
        ("headway.failed.at", b"soon"),
        ("headway.attempt", b"9" * 40),
        ("headway.stage", b"\xff"),
    ]
    post.post("p2.dlq", "a b", b"x", [*odd, ("headway.carried", b"garbage")])

    # When letters are listed
    first, second = web.json("/dead-letters")["items"]

    # Then they tell what is known: the topic, its stage and the time at which the broker took it
    assert (second["job_id"], second["stage"], second["size_bytes"]) == (None, "p1", 0)
    assert (first["job_id"], first["stage"], first["attempt"]) == (None, "\ufffd", 1)
    assert first["failed_at"] > second["failed_at"] > "2025-10-09T08:53:20.000Z"
    assert START_MS
