"""Jobs that are tried again: attempts in the timeline, and due times that count down."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.stub import Stub

pytestmark = pytest.mark.browser


def test_the_timeline_is_told_by_attempt_with_what_ended_each(page: Page, stub: Stub) -> None:
    """Each attempt has its steps, with what there is to say of them; the open one goes on."""
    # Given a job that failed and was redriven
    job_id = stub.board.submit("weather.csv", age_seconds=42)
    stub.board.move(job_id, "PROCESS_1_RUNNING", 30)
    stub.board.fail(job_id, "The store is away.")
    stub.board.postpone(job_id, 42, attempt=2, detail="Redriven by gateway")
    job = stub.board.job(job_id)
    assert job is not None
    first, second = job["timeline"][:3], job["timeline"][3:]
    first[-1]["detail"] = "StoreUnavailable: The store is away."
    attempts = [
        {"attempt": 1, "steps": first, "error": None},
        {"attempt": 2, "steps": second, "error": job["error"]},
    ]
    stub.board.tell(job_id, attempts=attempts)

    # When its page is opened
    page.goto(f"/#/jobs/{job_id}")

    # Then there is a list for each attempt, and the present step is the newest one's
    lists = page.get_by_role("region", name="Timeline").get_by_role("list")
    expect(lists).to_have_count(2)
    old = page.get_by_role("list", name="Attempt 1").get_by_role("listitem")
    expect(old).to_have_count(3)
    expect(old.nth(2)).to_contain_text("StoreUnavailable: The store is away.")
    new = page.get_by_role("list", name="Attempt 2").get_by_role("listitem")
    expect(new).to_have_count(1)
    expect(new).to_contain_text("Redriven by gateway")
    expect(new).to_have_attribute("aria-current", "step")
    expect(page.locator("[aria-current=step]")).to_have_count(1)


def test_a_postponed_job_counts_down_to_its_next_try(page: Page, stub: Stub) -> None:
    """On its page and in the list; when its time has come it says so, at work it says nothing."""
    # Given a postponed job, told as such in the list
    job_id = stub.board.submit("patient.csv")
    stub.board.move(job_id, "PROCESS_1_RUNNING", 30)
    stub.board.postpone(job_id, 90)
    page.goto("/")
    note = page.locator("#jobs .row-note")
    expect(note).to_contain_text(re.compile(r"tried again in 1 min \d+ s, try 2, The object store"))

    # When its page is looked at for a while
    page.goto(f"/#/jobs/{job_id}")
    due = page.locator("#job-note time")
    expect(due).to_have_text(re.compile(r"in 1 min \d+ s"))
    stub.board.postpone(job_id, 42, tries=2)
    expect(page.locator("#job-note")).to_have_text(re.compile(r"tried again in \d\d s, try 3"))
    seen = due.inner_text()

    # Then the seconds go by and the reason stands there; once it is due it says that, until it runs
    expect(due).not_to_have_text(seen)
    expect(due).to_have_text(re.compile(r"in \d\d s"))
    reason = page.get_by_role("region", name="Why it is tried again")
    expect(reason).to_contain_text("The object store does not answer.")
    stub.board.postpone(job_id, -1)
    expect(due).to_have_text("any moment now")
    stub.board.move(job_id, "PROCESS_1_RUNNING", 30, error=None, note="column 3 of 7")
    expect(page.locator("#job-note")).to_have_text("column 3 of 7")
    expect(reason).to_have_count(0)


def test_chips_of_what_is_rarely_met_filter_too(page: Page, stub: Stub) -> None:
    """Waiting to retry and cancelled are groups of their own once there are such jobs."""
    # Given a postponed and a cancelled job
    stub.board.postpone(stub.board.submit("patient.csv", age_seconds=5), 90)
    stub.board.move(stub.board.submit("ended.csv"), "CANCELLED", 30)
    page.goto("/")
    titles = page.locator("#jobs .row-title")
    expect(titles).to_have_text(["ended.csv", "patient.csv"])

    # When their chips are chosen, then those jobs alone are shown, each with its own look
    page.get_by_role("button", name="Waiting to retry 1").click()
    expect(titles).to_have_text(["patient.csv"])
    expect(page.locator("#jobs .status")).to_have_attribute("data-group", "waiting")
    page.get_by_role("button", name="Cancelled 1").click()
    expect(titles).to_have_text(["ended.csv"])
    expect(page.locator("#jobs .status")).to_have_attribute("data-group", "cancelled")
