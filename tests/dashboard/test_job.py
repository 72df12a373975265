"""The page of one job."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.conftest import Watch
from dashboard.stub import Stub

pytestmark = pytest.mark.browser


def test_a_failed_job_tells_why_and_where_its_dead_letter_lies(page: Page, stub: Stub) -> None:
    """In the words of the stage, with the place an operator would seek to."""
    # Given the page of a queued job
    job_id = stub.board.submit("ragged.csv")
    page.goto(f"/#/jobs/{job_id}")
    expect(page.locator("#job-percent")).to_have_text("0 %")

    # When the job fails
    stub.board.fail(job_id, "Row 1,204 has 9 fields where the header has 7.")

    # Then the page says why, that trying again is of no use, and where the dead letter lies
    panel = page.get_by_role("region", name="What went wrong")
    expect(panel).to_contain_text("Row 1,204 has 9 fields where the header has 7.")
    expect(panel).to_contain_text("The same file would fail again")
    expect(panel).to_contain_text("p1.dlq, partition 3, offset 17")
    expect(page.locator(".job-head .status")).to_have_text("Failed")
    expect(page.locator("#announcer")).to_have_text("ragged.csv: failed.")
    expect(page).to_have_title("Failed · ragged.csv - headway")


def test_the_timeline_tells_when_each_step_was_and_how_long_it_took(
    page: Page,
    stub: Stub,
) -> None:
    """Finished steps have a duration, the present one counts up and is marked."""
    # Given a job that waited 42 seconds and runs
    job_id = stub.board.submit("weather.csv", age_seconds=42)
    stub.board.move(job_id, "PROCESS_1_RUNNING", 30)

    # When its page is opened
    page.goto(f"/#/jobs/{job_id}")

    # Then it has a step for each, the present one marked, and gets more until nothing is present
    steps = page.get_by_role("region", name="Timeline").get_by_role("listitem")
    expect(steps).to_have_count(2)
    expect(steps.nth(0)).to_contain_text("Queued")
    expect(steps.nth(0).locator(".step-stay")).to_have_text("42 s")
    expect(steps.nth(1)).to_have_attribute("aria-current", "step")
    expect(steps.nth(1).locator(".step-stay")).to_have_text(re.compile(r"for \d s"))
    stub.board.move(job_id, "PROCESS_1_DONE", 50)
    expect(steps).to_have_count(3)
    expect(steps.nth(1)).not_to_have_attribute("aria-current", "step")
    expect(steps.nth(2).locator(".step-stay")).to_have_text(re.compile(r"waiting for \d s"))
    stub.board.complete(job_id)
    expect(steps.nth(3)).to_contain_text("Completed")
    expect(page.locator("[aria-current]")).to_have_count(0)


def test_a_job_is_never_shown_going_backwards(page: Page, stub: Stub) -> None:
    """Old news is ignored, on its page and in the list; only a new attempt starts over."""
    # Given the page of a job at 70 percent
    job_id = stub.board.submit("steady.csv")
    stub.board.move(job_id, "PROCESS_2_RUNNING", 70)
    page.goto(f"/#/jobs/{job_id}")
    percent = page.locator("#job-percent")
    expect(percent).to_have_text("70 %")

    # When an older state of it comes, and then a newer one
    stub.board.move(job_id, "PROCESS_1_RUNNING", 30)
    stub.board.move(job_id, "PROCESS_2_RUNNING", 71)

    # Then the newer is shown; and of any two the page keeps the one that is further on
    expect(percent).to_have_text("71 %")
    seen = page.evaluate(
        """async ([id, status, title]) => {
          const { advance } = await import("/static/shared/job.js");
          const job = (attempt, progress, terminal) => ({ attempt, progress, terminal });
          const next = [[1, 30, false], [1, 50, false], [1, 40, false], [1, 30, true],
            [1, 90, false], [2, 30, false], [1, 100, true]].map((parts) => job(...parts));
          const shown = [];
          next.reduce((known, news) => {
            const now = advance(known, news);
            shown.push([now.attempt, now.progress, now.terminal]);
            return now;
          }, undefined);
          return shown;
        }""",
        [job_id, "", ""],
    )
    assert seen == [
        [1, 30, False],
        [1, 50, False],
        [1, 50, False],
        [1, 50, True],
        [1, 50, True],
        [2, 30, False],
        [2, 30, False],
    ]


def test_an_unknown_job_is_told_as_such(page: Page, watch: Watch) -> None:
    """Not as one that is pending; looking again is offered, and so is the way back."""
    # Given a page on which answers may fail
    watch.breaks_network = True

    # When the address of a job is opened that does not exist
    page.goto("/#/jobs/no-such-job")

    # Then it says so, offers to look again, and leads back to the list
    expect(page.locator("#job-title")).to_have_text("There is no such job.")
    expect(page.locator("#job-page")).to_contain_text("No job has the id no-such-job.")
    expect(page.get_by_role("button", name="Look again")).to_be_visible()
    page.get_by_role("link", name="All jobs", exact=True).click()
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()


def test_a_job_deleted_meanwhile_is_told_and_leaves_the_list(page: Page, stub: Stub) -> None:
    """Neither page goes on showing what no longer exists."""
    # Given two jobs, and the page of one, come to from the list
    stub.board.submit("stays.csv")
    job_id = stub.board.submit("goes.csv")
    page.goto("/")
    expect(page.locator("#jobs .row")).to_have_count(2)
    page.locator(f"#jobs [data-job-id='{job_id}'] a").click()
    expect(page.locator("#job-title")).to_have_text("goes.csv")

    # When that one is deleted
    stub.board.delete(job_id)

    # Then its page says so, and the list has the other alone
    expect(page.locator("#job-title")).to_have_text("This job is no longer there.")
    page.get_by_role("link", name="All jobs", exact=True).click()
    expect(page.locator("#jobs .row-title")).to_have_text(["stays.csv"])
    expect(page.locator(".chip").first).to_have_text("All 1")


def test_a_link_followed_at_once_waits_for_the_job(page: Page, stub: Stub, watch: Watch) -> None:
    """The status service may still be reading what was just written."""
    # Given a page of a job that the service does not know yet
    watch.breaks_network = True
    job_id = stub.board.submit("early.csv")
    stub.refused[f"/jobs/{job_id}"] = 404
    with page.expect_response(f"**/jobs/{job_id}"):
        page.goto(f"/#/jobs/{job_id}")

    # When the service knows it
    del stub.refused[f"/jobs/{job_id}"]

    # Then the page shows it
    expect(page.locator("#job-title")).to_have_text("early.csv")


def test_the_way_back_leads_to_the_row_one_came_from(page: Page, stub: Stub) -> None:
    """Filter, place and keyboard focus are as they were left, and nothing was missed."""
    # Given a job's page, come to by keyboard from far down a list that was searched
    jobs = [stub.board.submit(f"job {n}.csv", age_seconds=60 - n) for n in range(40)]
    page.goto("/#/?q=job")
    page.locator(f"#jobs [data-job-id='{jobs[5]}'] a").focus()
    left_at = page.evaluate("scrollY")
    page.keyboard.press("Enter")
    expect(page.locator("#job-title")).to_be_focused()

    # When the job ends, and the reader goes back
    stub.board.complete(jobs[5])
    expect(page.locator("#job-percent")).to_have_text("100 %")
    page.get_by_role("link", name="All jobs", exact=True).click()

    # Then the row has the focus and the job's end, and search and place are as they were
    row = page.locator(f"#jobs [data-job-id='{jobs[5]}']")
    expect(row.get_by_role("link")).to_be_focused()
    expect(row.locator(".status")).to_have_text("Completed")
    expect(page.get_by_role("searchbox")).to_have_value("job")
    assert left_at > 0
    page.wait_for_function("top => scrollY === top", arg=left_at)


def test_the_job_id_can_be_copied(page: Page, stub: Stub) -> None:
    """And the page says that it was."""
    # Given the page of a job, and a clipboard
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    job_id = stub.board.submit("copied.csv")
    page.goto(f"/#/jobs/{job_id}")

    # When its id is copied
    page.get_by_role("button", name="Copy the job id").click()

    # Then the page says so, and the clipboard has it
    expect(page.locator(".copy-place")).to_have_text("copied")
    assert page.evaluate("navigator.clipboard.readText()") == job_id
