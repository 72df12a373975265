"""The live list of jobs on the dashboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.stub import Stub

pytestmark = pytest.mark.browser


def test_a_hostile_title_is_shown_as_text(page: Page, stub: Stub) -> None:
    """What a user calls a file is never taken for markup, in the list or on the job's page."""
    # Given a job whose title is markup
    title = "<img src=x onerror=document.title='owned'><b>bold</b>.csv"
    job_id = stub.board.submit(title)

    # When the list is opened
    page.goto("/")

    # Then the title is text there, and on the job's page
    expect(page.locator("#jobs .row-title")).to_have_text(title)
    page.goto(f"/#/jobs/{job_id}")
    expect(page.locator("#job-title")).to_have_text(title)
    expect(page.locator("main img, main b")).to_have_count(0)
    expect(page).to_have_title(f"0 % · {title} - headway")


def test_a_row_tells_title_id_status_progress_and_age(page: Page, stub: Stub) -> None:
    """All of it in words; the full moment and the full id are a tooltip away."""
    # Given a job of a minute ago in its second attempt
    job_id = stub.board.submit("weather.csv", age_seconds=72)
    stub.board.move(job_id, "PROCESS_2_RUNNING", 83, note="chart 4 of 9", attempt=2)

    # When the list is opened
    page.goto("/")

    # Then its row has all of that in words, the whole id and moment in tooltips
    row = page.locator("#jobs .row")
    expect(row.locator(".row-id")).to_have_text(job_id[:8])
    expect(row.locator(".row-id")).to_have_attribute("title", job_id)
    expect(row.locator(".status")).to_have_text("Process 2 running")
    expect(row.locator(".row-note")).to_have_text("attempt 2, chart 4 of 9")
    expect(row.get_by_role("progressbar", name="Progress of weather.csv")).to_be_visible()
    expect(row.locator(".row-percent")).to_have_text("83 %")
    expect(row.locator("time")).to_have_text("1 min ago")
    expect(row.locator("time")).to_have_attribute("title", re.compile(r"\d{4}.*\d\d:\d\d"))


def test_new_jobs_come_on_top_and_updates_move_nothing(page: Page, stub: Stub) -> None:
    """Rows are ordered by submission, which never changes."""
    # Given a list with a job
    old = stub.board.submit("old.csv", age_seconds=60)
    page.goto("/")
    titles = page.locator("#jobs .row-title")
    expect(titles).to_have_text(["old.csv"])

    # When a new one comes, and the old one ends
    stub.board.submit("new.csv")
    expect(titles).to_have_text(["new.csv", "old.csv"])
    stub.board.complete(old)

    # Then the new one is on top, and stays there
    expect(page.locator("#jobs .status")).to_have_text(["Queued", "Completed"])
    expect(titles).to_have_text(["new.csv", "old.csv"])


def test_rows_hold_still_under_a_moving_mouse(page: Page, stub: Stub) -> None:
    """A new job waits until the mouse has left the list, or is asked for; updates do not wait."""
    # Given a list with a job, and the mouse over it
    old = stub.board.submit("old.csv", age_seconds=60)
    page.goto("/")
    titles = page.locator("#jobs .row-title")
    titles.first.hover()

    # When a new job comes
    stub.board.submit("new.csv")

    # Then it waits behind a button while the old one is updated, until the mouse has left
    held = page.get_by_role("button", name="1 new job")
    expect(held).to_be_visible()
    stub.board.move(old, "PROCESS_1_RUNNING", 30)
    expect(page.locator("#jobs .status")).to_have_text(["Process 1 running"])
    expect(titles).to_have_text(["old.csv"])
    page.get_by_role("heading", level=1).hover()
    expect(titles).to_have_text(["new.csv", "old.csv"])
    expect(held).to_be_hidden()


def test_chips_count_and_narrow_the_list(page: Page, stub: Stub) -> None:
    """A chip shows the jobs of its statuses, live: who leaves the status leaves the list."""
    # Given a queued, a running and a failed job, each counted on its chip
    stub.board.submit("waiting.csv", age_seconds=30)
    running = stub.board.submit("running.csv", age_seconds=20)
    stub.board.move(running, "PROCESS_1_DONE", 50)
    stub.board.fail(stub.board.submit("broken.csv", age_seconds=10), "Row 3 is ragged.")
    page.goto("/")
    chips = page.get_by_role("group", name="Filter by status").get_by_role("button")
    expect(chips).to_have_text(["All 3", "Queued 1", "Running 1", "Completed 0", "Failed 1"])

    # When the chip of running jobs is chosen
    chips.nth(2).click()

    # Then that job alone is shown until it ends; the choice outlives a reload, until all are wanted
    titles = page.locator("#jobs .row-title")
    expect(titles).to_have_text(["running.csv"])
    expect(chips.nth(2)).to_have_attribute("aria-pressed", "true")
    stub.board.complete(running)
    expect(titles).to_have_count(0)
    expect(page.locator("#list-message")).to_contain_text("No running job right now.")
    expect(chips).to_have_text(["All 3", "Queued 1", "Running 0", "Completed 1", "Failed 1"])
    page.reload()
    expect(chips.nth(2)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Show all jobs").click()
    expect(titles).to_have_count(3)


def test_the_numbers_on_the_chips_are_the_servers(page: Page, stub: Stub) -> None:
    """A change of a job the page has never seen does not spoil them."""
    # Given 51 jobs, of which the page shows the newest 50
    hidden = stub.board.submit("hidden.csv", age_seconds=9_000)
    for _ in range(50):
        stub.board.submit("shown.csv")
    page.goto("/")
    chips = page.locator(".chip:visible")
    expect(chips).to_have_text(["All 51", "Queued 51", "Running 0", "Completed 0", "Failed 0"])

    # When the one that it does not show moves on
    stub.board.move(hidden, "PROCESS_1_RUNNING", 30)

    # Then the chips count it where it is now
    expect(chips).to_have_text(["All 51", "Queued 50", "Running 1", "Completed 0", "Failed 0"])
    expect(page.locator("#jobs .row")).to_have_count(50)


def test_search_asks_the_server_once_the_typing_pauses(page: Page, stub: Stub) -> None:
    """By title or id, without a request for every letter; new jobs are searched as they come."""
    # Given a list of two jobs
    penguins = stub.board.submit("Penguins.csv")
    stub.board.submit("weather.csv")
    page.goto("/")
    search = page.get_by_role("searchbox", name="Search by title or job id")
    titles = page.locator("#jobs .row-title")
    expect(titles).to_have_count(2)

    # When part of one's title is typed
    search.press_sequentially("pengu", delay=10)

    # Then it was searched once, new jobs are searched too, so are ids, and nothing found is said
    expect(titles).to_have_text(["Penguins.csv"])
    asked = {seen.query.get("q", "") for seen in stub.requests("/jobs")}
    assert asked == {"", "pengu"}
    stub.board.submit("more weather.csv")
    stub.board.submit("more penguins.csv")
    expect(titles).to_have_text(["more penguins.csv", "Penguins.csv"])
    search.fill(penguins)
    expect(titles).to_have_text(["Penguins.csv"])
    search.fill("zebra")
    expect(page.locator("#list-message")).to_contain_text("No job has “zebra” in its title or id.")


def test_older_jobs_come_by_the_cursor(page: Page, stub: Stub) -> None:
    """Load more goes on where the page ended, whatever has come on top meanwhile."""
    # Given 70 jobs, of which the page shows the newest 50
    for number in range(70):
        stub.board.submit(f"job {number}", age_seconds=1_000 - number)
    page.goto("/")
    rows = page.locator("#jobs .row")
    expect(rows).to_have_count(50)

    # When more are asked for
    page.get_by_role("button", name="Load more").click()

    # Then the other 20 come, by the cursor of the first page, and the page says that these are all
    expect(rows).to_have_count(70)
    expect(rows.last).to_contain_text("job 0")
    assert stub.requests("/jobs")[-1].query["cursor"] == "50"
    expect(page.locator("#more")).to_be_hidden()
    expect(page.locator("#shown")).to_have_text("All 70 jobs are shown.")


def test_thousands_of_jobs_do_not_freeze_the_page(page: Page, stub: Stub) -> None:
    """The rows are bounded, and changes are painted once a frame however many there are."""
    # Given an empty list of which it is counted how often it changes, and how often it is painted
    page.goto("/")
    expect(page.locator("#list-message")).to_contain_text("No jobs yet.")
    page.evaluate(
        """() => {
          window.painted = window.changes = 0;
          requestAnimationFrame(function frame() {
            window.painted += 1;
            requestAnimationFrame(frame);
          });
          const counted = new MutationObserver(() => { window.changes += 1; });
          counted.observe(document.querySelector("#jobs"), { childList: true });
        }""",
    )

    # When 3,001 jobs come
    for number in range(3_000):
        stub.board.move(stub.board.submit(f"job {number}"), "PROCESS_1_RUNNING", 30)
    stub.board.submit("the last one")

    # Then the page shows 500 of them, the newest too, changed once a frame, and counts them all
    expect(page.get_by_role("link", name="the last one")).to_be_visible()
    assert page.locator("#jobs .row").count() == 500
    changes, frames = page.evaluate("[window.changes, window.painted]")
    assert 0 < changes <= frames + 1
    expect(page.locator("#shown")).to_contain_text("Search or filter to find older ones.")
    expect(page.locator(".chip").first).to_have_text("All 3001")


def test_an_empty_list_says_what_to_do(page: Page) -> None:
    """The first thing a new user sees is the next step, for hand and terminal."""
    # When the page is opened where there are no jobs
    page.goto("/")

    # Then it says what to do, with the mouse and in a terminal
    message = page.locator("#list-message")
    expect(message).to_contain_text("Drop a CSV file above")
    expect(message.locator("code")).to_contain_text("/generate-file")
