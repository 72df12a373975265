"""One key, one job: over memory, with a clock that is told the time."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.clock import ManualClock
from support.gateway.problems import kind_of

from gateway.admitting.idempotency import Claims
from gateway.admitting.publisher import OutcomeUnknown
from gateway.app import Gateway
from gateway.receiving.refusals import Kind, Refusal
from gateway.receiving.submission import Submission, TextContent
from headway.edges.objectstore import ObjectStore

Submit = Callable[..., httpx.Response]
Published = list[tuple[str, bytes]]

FILE = {"file": ("a.csv", b"a,b\n1,2\n")}
KEY = {"Idempotency-Key": "7f9c"}


def test_a_repetition_gets_the_first_answer_and_makes_no_second_job(
    submit: Submit, published: Published
) -> None:
    """The replay says that it is one."""
    # Given a submission that was taken
    first = submit(files=FILE, headers=KEY)

    # When it is sent again under its key
    second = submit(files=FILE, headers=KEY)

    # Then the answer is the first one and says that it is a repetition; one job is written
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json() == first.json()
    assert second.headers["location"] == first.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert len(published) == 1


def test_the_same_submission_sent_another_way_is_a_repetition(
    submit: Submit, published: Published
) -> None:
    """What counts is title, delimiter and content; a quoted key is the bare one."""
    # Given a submission that came as a form
    submit(files=FILE, headers=KEY)

    # When it comes as a document, its key in quotes
    document = {"title": "a.csv", "content": "a,b\n1,2\n"}
    again = submit(json=document, headers={"Idempotency-Key": '"7f9c"'})

    # Then it is known again
    assert again.headers["idempotency-replayed"] == "true"
    assert len(published) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"files": {"file": ("a.csv", b"a,b\n1,3\n")}},
        {"files": {"file": ("b.csv", b"a,b\n1,2\n")}},
        {"files": FILE, "data": {"delimiter": ","}},
    ],
    ids=["content", "title", "delimiter"],
)
def test_a_key_used_for_another_submission_is_refused(
    submit: Submit, published: Published, other: dict[str, Any]
) -> None:
    """422 protects a client that reuses a key by mistake from losing its second file."""
    # Given a submission that was taken
    submit(files=FILE, headers=KEY)

    # When its key comes with one that differs in a single thing
    answer = submit(**other, headers=KEY)

    # Then that one is refused, and no second job is written
    assert kind_of(answer) == (422, "idempotency-key-reused")
    assert len(published) == 1


def test_submissions_without_a_key_are_jobs_of_their_own(
    submit: Submit, published: Published
) -> None:
    """Without a key nothing tells a repetition from a second wish."""
    # Given a submission without a key, when it is sent twice
    submit(files=FILE)
    submit(files=FILE)

    # Then there are two jobs
    assert len({key for key, _ in published}) == 2


def test_a_claim_whose_gateway_died_is_in_use_until_its_time_is_up(
    submit: Submit, published: Published, gateway: Gateway, clock: ManualClock
) -> None:
    """409 says when to come back; after that the repetition takes over under the same job_id."""
    # Given the claim of a gateway that died, a third of its 60 s old
    fingerprint = Submission("a.csv", None, TextContent(FILE["file"][1])).fingerprint()
    gateway.admission.claims.take("7f9c", fingerprint=fingerprint, job_id="job-of-the-dead")
    clock.advance(20.5)

    # When its submission is repeated now, and once the claim's time is up
    early = submit(files=FILE, headers=KEY)
    clock.advance(40.0)
    late = submit(files=FILE, headers=KEY)

    # Then the first is told when to come back
    assert kind_of(early) == (409, "idempotency-key-in-use")
    assert early.headers["retry-after"] == "40"

    # And the second takes the dead one's job over
    assert late.status_code == 202
    assert late.json()["job_id"] == "job-of-the-dead"
    assert [key for key, _ in published] == ["job-of-the-dead"]


def test_a_failed_publication_leaves_the_key_free_for_the_same_job(
    submit: Submit, published: Published, failures: list[Exception]
) -> None:
    """Whether the first record is there or not, the second carries the same job_id."""
    # Given a submission whose record may be written or not
    failures.append(OutcomeUnknown("timed out"))
    failed = submit(files=FILE, headers=KEY)

    # When it is repeated, and repeated again
    repeated = submit(files=FILE, headers=KEY)
    replayed = submit(files=FILE, headers=KEY)

    # Then one repetition is taken, and the next is answered like it
    assert failed.status_code == 503
    assert repeated.status_code == 202
    assert replayed.json() == repeated.json()
    assert [key for key, _ in published] == [repeated.json()["job_id"]]


def test_a_taken_job_is_accepted_even_if_its_claim_cannot_be_settled(
    submit: Submit, gateway: Gateway, published: Published, clock: ManualClock, tmp_path: Path
) -> None:
    """The store may fail after Kafka has acknowledged: the job is in, and the user is told so."""
    # Given a store that breaks between the claim and the acknowledgement
    folder = tmp_path / "store"
    claims = Claims(ObjectStore.open(f"file://{folder}"), clock=clock, claim_seconds=60)

    class BreaksTheStore:
        async def publish(self, key: str, value: bytes) -> Any:
            shutil.rmtree(folder)
            folder.write_text("", encoding="utf-8")
            return await gateway.admission.publisher.publish(key, value)

    admission = replace(gateway.admission, claims=claims, publisher=BreaksTheStore())

    # When a file is submitted under a key
    answer = submit(gateway=replace(gateway, admission=admission), files=FILE, headers=KEY)

    # Then it is taken, for its record is in
    assert answer.status_code == 202
    assert len(published) == 1


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "tab\there"])
def test_a_malformed_key_is_refused(submit: Submit, key: str) -> None:
    """400 tells what a key looks like."""
    # Given a key that is empty, too long or not visible, when a file is submitted under it
    answer = submit(files=FILE, headers={"Idempotency-Key": key})

    # Then it is refused in words that say what a key looks like
    assert kind_of(answer) == (400, "idempotency-key-malformed")
    assert "1 to 255 visible ASCII characters" in answer.json()["detail"]


def test_two_keys_in_one_request_are_refused(submit: Submit) -> None:
    """Nobody can tell which was meant."""
    # Given a request with two keys, when it is sent
    answer = submit(files=FILE, headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")])

    # Then neither is chosen
    assert kind_of(answer) == (400, "idempotency-key-malformed")


def test_a_key_may_be_required(submit: Submit, gateway: Gateway) -> None:
    """With REQUIRE_IDEMPOTENCY_KEY a submission without one is refused, with one it is taken."""
    # Given a gateway that takes nothing without a key
    strict = replace(gateway, require_idempotency_key=True)

    # When a file is submitted without one, and with one
    without = submit(gateway=strict, files=FILE)
    with_key = submit(gateway=strict, files=FILE, headers=KEY)

    # Then only the second is taken
    assert kind_of(without) == (400, "idempotency-key-missing")
    assert with_key.status_code == 202


def test_of_many_at_once_exactly_one_gets_the_key(tmp_path: Path, clock: ManualClock) -> None:
    """The object store decides, so it holds between replicas too."""
    # Given gateways that share nothing but a store
    url = f"file://{tmp_path}/store"

    def claim(number: int) -> str:
        claims = Claims(ObjectStore.open(url), clock=clock, claim_seconds=60)
        try:
            return claims.take("k", fingerprint="f", job_id=str(number)).job_id
        except Refusal as refusal:
            return refusal.kind.name

    # When all claim one key at once
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(claim, range(32)))

    # Then one has it, and all others are told that it is in use
    assert outcomes.count(Kind.IDEMPOTENCY_KEY_IN_USE.name) == 31
