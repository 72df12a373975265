"""Jobs that are held, tagged, run again or forgotten, on the page."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.stub import Stub

pytestmark = pytest.mark.browser


def test_a_held_job_says_until_when_and_is_run_now(page: Page, stub: Stub) -> None:
    """In the list and on its page; the command names what the job is at."""
    # Given a job that its stage's window holds, and one whose time is to come
    job_id = stub.board.submit("dear.csv")
    stub.board.hold(job_id, 3 * 3600)
    later = stub.board.submit("later.csv")
    stub.board.hold(later, 3600, held="not before", stage="p1")

    # When the list is looked at
    page.goto("/")

    # Then both say what they wait for, and are found as scheduled
    row = page.locator(f"[data-job-id='{job_id}']")
    expect(row.locator(".status")).to_have_text("Scheduled")
    expect(row).to_contain_text(re.compile(r"held until .+, in (2 h 59|3 h 0) min"))
    expect(page.locator(f"[data-job-id='{later}']")).to_contain_text("begins ")
    page.get_by_role("button", name="Scheduled 2").click()
    expect(page.locator("#jobs .row")).to_have_count(2)

    # When it is to run now, on its page
    row.locator("a.row-title").click()
    expect(page.locator("#job-note")).to_contain_text("held until ")
    page.get_by_role("button", name="Run it now").click()

    # Then that is asked of the stage that holds it, and the words go when it runs
    words = page.locator(".job-command")
    expect(words).to_have_text("Asked to run now: the stage that holds it begins at once.")
    (command,) = stub.mailroom.commands
    assert (command.kind, command.attempt, command.stage) == ("release", 1, "p2")
    stub.board.move(job_id, "PROCESS_2_RUNNING", 70)
    expect(words).to_be_empty()
    expect(page.get_by_role("button", name="Run it now")).to_have_count(0)


def test_until_nobody_knows_when_is_said_so(page: Page, stub: Stub) -> None:
    """No time is made up."""
    # Given a job whose window nobody has announced, when it is looked at, then it says so
    job_id = stub.board.submit("dear.csv")
    stub.board.hold(job_id, None)
    page.goto(f"/#/jobs/{job_id}")
    expect(page.locator("#job-note")).to_have_text("held until its window opens")


def test_a_finished_job_is_run_again_from_a_stage_it_has_reached(page: Page, stub: Stub) -> None:
    """One that failed in the first stage cannot begin at the second."""
    # Given a job that is done, and one that failed early
    done, failed = stub.board.submit("done.csv"), stub.board.submit("failed.csv")
    stub.board.complete(done)
    stub.board.fail(failed, "Row 3 is ragged.")

    # When the former is run again from its second stage
    page.goto(f"/#/jobs/{done}")
    afterwards = page.get_by_role("region", name="Afterwards")
    with page.expect_request("**/reprocess*") as asked:
        afterwards.get_by_role("button", name="Run again from Process 2").click()

    # Then it is asked so, and said
    assert asked.value.url.endswith(f"/jobs/{done}/reprocess?from=p2")
    expect(page.locator(".job-command")).to_have_text("Asked to run again: attempt 2 is opened.")
    (command,) = stub.mailroom.commands
    assert (command.kind, command.attempt, command.stage) == ("reprocess", 1, "p2")

    # Then of the other one only the first stage is offered
    page.goto(f"/#/jobs/{failed}")
    again = afterwards.get_by_role("button", name=re.compile("Run again"))
    expect(again).to_have_text(["Run again from Process 1"])


def test_a_job_is_forgotten_once_that_is_confirmed(page: Page, stub: Stub) -> None:
    """It cannot be taken back, so it is asked for twice."""
    # Given the page of a finished job
    job_id = stub.board.submit("done.csv")
    stub.board.complete(job_id)
    page.goto(f"/#/jobs/{job_id}")
    forget = page.get_by_role("button", name="Forget this job…")

    # When it is to be forgotten, and kept after all
    forget.click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert stub.mailroom.commands == []

    # When it is forgotten, by keyboard
    forget.press("Enter")
    page.get_by_role("dialog", name="Forget this job?").get_by_text("Forget it").press("Enter")

    # Then that is asked for, and the job goes
    expect(page.locator(".job-command")).to_have_text(
        "Asked to be forgotten: it goes from here in a moment."
    )
    assert [command.kind for command in stub.mailroom.commands] == ["forget"]
    stub.board.delete(job_id)
    expect(page.get_by_role("heading", name="This job is no longer there.")).to_be_visible()


def test_jobs_are_found_by_a_tag_and_new_ones_of_it_come_by_themselves(
    page: Page, stub: Stub
) -> None:
    """A tag leads to the jobs that have it; the address keeps it, and one button undoes it."""
    # Given jobs of two tags
    first = stub.board.submit("first.csv", tags=["off-peak", "customer:7"])
    stub.board.submit("other.csv", tags=["customer:8"])
    page.goto("/")
    rows = page.locator("#jobs .row")
    expect(rows).to_have_count(2)

    # When one is followed
    page.get_by_role("link", name="customer:7").click()

    # Then its jobs are shown alone, those that come as well
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("first.csv")
    assert page.url.endswith("#/?tag=customer%3A7")
    stub.board.submit("another.csv", tags=["customer:7"])
    stub.board.submit("stranger.csv")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("another.csv")

    # Then all are shown again by one button; a job's page leads there, too
    page.get_by_role("button", name="Show jobs of all tags, not of customer:7 alone").click()
    expect(rows).to_have_count(4)
    page.goto(f"/#/jobs/{first}")
    page.locator(".job-facts").get_by_role("link", name="off-peak").click()
    expect(rows).to_have_count(1)
