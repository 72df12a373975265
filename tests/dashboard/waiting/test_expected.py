"""Place in line and time to the end, in words."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from dashboard.stub import Stub

pytestmark = pytest.mark.browser


def test_the_page_of_a_job_says_its_place_and_its_time_as_they_move(page: Page, stub: Stub) -> None:
    """As told with the job, then by events; what is not known is not said."""
    # Given a job in line
    job_id = stub.board.submit("waits.csv")
    stub.board.tell(job_id, queue_position=131, eta_seconds=40.0)
    page.goto(f"/#/jobs/{job_id}")
    words = page.locator("#job-note .expected")
    expect(words).to_have_text("132nd in line, about 40 s")

    # When its line moves, it becomes the next, it runs, and nobody knows any more
    stub.board.say("expected", job_id=job_id, queue_position=10, eta_seconds=None)
    expect(words).to_have_text("11th in line")
    stub.board.say("expected", job_id=job_id, queue_position=0, eta_seconds=125.0)
    expect(words).to_have_text("next in line, about 2 min")
    stub.board.move(job_id, "PROCESS_1_RUNNING", 30, queue_position=None, eta_seconds=7300.0)
    expect(words).to_have_text("about 2.0 h left")
    stub.board.say("expected", job_id=job_id, queue_position=None, eta_seconds=0.1)
    expect(words).to_have_text("any moment now")

    # Then nothing is said of what is over
    stub.board.complete(job_id)
    expect(words).to_have_text("")


def test_a_time_runs_down_by_itself(page: Page, stub: Stub) -> None:
    """Between two events, of which there are few."""
    # Given a job that is told to take some seconds, when nothing more is told
    job_id = stub.board.submit("runs.csv")
    stub.board.move(
        job_id, "PROCESS_1_RUNNING", 30, note="row 4", queue_position=None, eta_seconds=4
    )
    page.goto(f"/#/jobs/{job_id}")

    # Then it counts down, behind what the handler says
    note = page.locator("#job-note")
    expect(note).to_have_text(re.compile(r"^row 4, (about \d s left|any moment now)$"))
    expect(note).to_have_text("row 4, any moment now")


def test_rows_of_the_list_read_their_places_in_the_lines(page: Page, stub: Stub) -> None:
    """Between two points that are told of a line, by when each job was submitted."""
    # Given jobs in line, told nothing of themselves
    since = int(time.time() * 1000)
    ages = {"first.csv": 100, "middle.csv": 50, "last.csv": 0}
    for title, age in ages.items():
        stub.board.submit(title, age_seconds=age)
    page.goto("/#/")
    words = page.locator(".row .expected")
    expect(page.locator(".row")).to_have_count(3)
    expect(words).to_have_text(["", "", ""])

    # When the line is told
    points = [(since - 100_000, 0, 10.0), (since - 99_000, 1, 20.0), (since + 10_000, 219, 1110.0)]
    line = {"status": "QUEUED", "waiting": 220, "points": points}
    stub.board.say("lines", lines=[line, {"status": "PROCESS_1_DONE", "waiting": 0, "points": []}])

    # Then each row says where its job is
    expect(words.nth(0)).to_have_text(re.compile(r"^(199|200|201|202)\w\w in line, about 17 min$"))
    expect(words.nth(1)).to_have_text(re.compile(r"^(99|100|101|102)\w\w in line, about [89] min$"))
    expect(words.nth(2)).to_have_text(re.compile(r"^(next|2nd) in line, about \d+ s$"))
