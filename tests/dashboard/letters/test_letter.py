"""One dead letter, opened."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.conftest import Watch
from dashboard.stub import Stub

pytestmark = pytest.mark.browser

_BYTES = "pre.bytes"


def test_a_letter_shows_its_headers_and_its_bytes_as_text_and_as_they_are(
    page: Page, stub: Stub
) -> None:
    """A binary header is told byte by byte; what is no character has a sign; markup is text."""
    # Given a letter with headers of both kinds, and bytes that are mostly text
    letter = stub.mailroom.fail("ragged.csv", "Row 3 is ragged.")
    value = "a,b\n<b>é</b>\0".encode()
    stub.mailroom.fill(
        letter, value, {"headway.topic": "jobs.submitted", "trace": b"\x00\xff", "n": "\0\4"}
    )
    page.goto("/#/dead-letters")

    # When it is opened from the list
    page.get_by_role("link", name="Row 3 is ragged.").press("Enter")

    # Then it shows them, and where it lies, and the way back leads to its row
    expect(page.get_by_role("heading", name="Row 3 is ragged.")).to_be_focused()
    expect(page.get_by_role("row", name="headway.topic jobs.submitted")).to_be_visible()
    expect(page.get_by_role("row", name="trace 00 ff")).to_be_visible()
    expect(page.get_by_role("row", name="n 00 04")).to_be_visible()
    expect(page.locator(_BYTES)).to_have_text("a,b\n<b>é</b>␀")
    expect(page.locator("#value-words")).to_have_text("All 14 bytes, as they came.")
    page.get_by_role("button", name="Bytes").press("Enter")
    expect(page.locator(_BYTES)).to_contain_text("00000  61 2c 62 0a 3c 62 3e c3 a9 3c 2f 62 3e 00")
    expect(page.locator(_BYTES)).to_contain_text("a,b.<b>..</b>.")
    expect(page.get_by_text("headway dead-letters replay p1.dlq 0 0")).to_be_visible()
    page.get_by_role("link", name="All dead letters").press("Enter")
    expect(page.get_by_role("link", name="Row 3 is ragged.")).to_be_focused()


def test_what_is_cut_and_what_lies_elsewhere_is_said(page: Page, stub: Stub) -> None:
    """64 KiB are shown; of a record that was too large for a letter, where it is."""
    # Given a large letter, and one whose bytes are in the object store
    large = stub.mailroom.fail("large.csv", "large")
    stub.mailroom.fill(large, b"a,b\n" * 30_000, {})
    stub.mailroom.fail("huge.csv", "huge", claim="dead-letters/p1/4/17/value")

    # When they are opened, then each says so
    page.goto("/#/dead-letters/p1.dlq/0/0")
    expect(page.locator("#value-words")).to_have_text(
        "The first 64 KiB of 120 kB are shown; the letter has all."
    )
    assert page.locator(_BYTES).evaluate("node => node.textContent.length") == 65_536
    page.goto("/#/dead-letters/p1.dlq/0/1")
    expect(page.locator(".facts")).to_contain_text("dead-letters/p1/4/17/value")
    expect(page.locator("#value-words")).to_contain_text("see the claim check above")


def test_a_letters_job_is_followed_and_retried_from_there(page: Page, stub: Stub) -> None:
    """The button belongs to the letter its job failed by; an older one leads to the newer."""
    # Given an opened letter of a job that failed
    letter = stub.mailroom.fail("again.csv", "away", stage="p2", error_class="StoreUnavailable")
    job_id = letter["job_id"]
    page.goto("/#/dead-letters/p2.dlq/0/0")

    # When its job is retried
    page.get_by_role("button", name="Retry").press("Enter")

    # Then attempt and stage are named, and the page follows the job until it fails anew
    expect(page.locator(".job-command")).to_contain_text("Retry requested")
    (command,) = stub.mailroom.commands
    assert (command.kind, command.job_id, command.attempt, command.stage) == (
        "retry",
        job_id,
        1,
        "p2",
    )
    stub.board.move(job_id, "PROCESS_2_RUNNING", 70, attempt=2, error=None)
    expect(page.locator(".facts .status")).to_have_text("Process 2 running")
    stub.board.fail(job_id, "away again", letter=stub.mailroom.put(job_id, "again", attempt=2))
    expect(page.get_by_role("link", name="the newer dead letter")).to_have_attribute(
        "href", "#/dead-letters/p1.dlq/0/1"
    )
    expect(page.get_by_role("button", name="Retry")).to_be_hidden()


def test_a_letter_that_is_gone_and_one_that_cannot_be_read_now_are_told_apart(
    page: Page, stub: Stub, watch: Watch
) -> None:
    """One is final; the other is tried again."""
    # Given a letter that Kafka does not give out now
    watch.breaks_network = True
    stub.mailroom.fail("patient.csv", "patient")
    stub.refused["/dead-letters/p1.dlq/0/0"] = 503

    # When it and one that is not there are opened
    page.goto("/#/dead-letters/p1.dlq/0/0")
    expect(page.locator("#letter-page")).to_contain_text("The dead letter cannot be shown")
    del stub.refused["/dead-letters/p1.dlq/0/0"]
    expect(page.get_by_role("heading", name="patient")).to_be_visible()
    page.goto("/#/dead-letters/p1.dlq/0/99")

    # Then the latter is said not to exist
    expect(page.locator("#letter-page")).to_contain_text("There is no such dead letter.")
    expect(page.get_by_role("button", name="Look again")).to_be_visible()
