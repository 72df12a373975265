"""The list of dead letters."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.conftest import Watch
from dashboard.stub import Stub

pytestmark = pytest.mark.browser


def test_dead_letters_are_counted_in_the_navigation_and_listed(page: Page, stub: Stub) -> None:
    """The number stands beside the name; a row says which job, where, why, when and how often."""
    # Given a dead letter of a job, and one of no job
    stub.mailroom.put(None, "The record is no Avro.", retry_available=None, age_seconds=90)
    letter = stub.mailroom.fail("ragged.csv", "Row 3 is ragged.", age_seconds=72)

    # When the page is opened and its dead letters are gone to
    page.goto("/")
    page.get_by_role("link", name="Dead letters 2").click()

    # Then there is a row for each, newest first, which tells all of it and leads to the job
    expect(page).to_have_title("Dead letters - headway")
    expect(page.get_by_role("heading", name="Dead letters")).to_be_focused()
    rows = page.get_by_role("list", name="Dead letters").get_by_role("listitem")
    expect(rows).to_have_count(2)
    newest = rows.nth(0)
    for words in ("Row 3 is ragged.", "PermanentError", "attempt 1", "p1", "1 min ago"):
        expect(newest).to_contain_text(words)
    expect(newest.locator(".status")).to_have_text("Redrivable")
    expect(newest.get_by_role("link", name=f"job {letter['job_id'][:8]}")).to_be_visible()
    expect(rows.nth(1)).to_contain_text("no job")
    expect(rows.nth(1).locator(".status")).to_have_text("No job")
    expect(rows.nth(1).get_by_role("checkbox")).to_be_disabled()


def test_dead_letters_are_filtered_by_stage_error_and_time(page: Page, stub: Stub) -> None:
    """The choices have their counts, narrow each other, and outlive a reload."""
    # Given letters of two stages and two errors, one of them two hours old
    stub.mailroom.put("a", "old", stage="p1", error_class="PermanentError", age_seconds=7200)
    stub.mailroom.put("b", "ragged", stage="p1", error_class="PermanentError")
    stub.mailroom.put("c", "away", stage="p2", error_class="StoreUnavailable")
    page.goto("/#/dead-letters")
    titles = page.locator("#letters .row-title")
    expect(titles).to_have_count(3)

    # When a stage is chosen
    page.get_by_label("Stage", exact=True).select_option(label="p1 (2)")

    # Then its letters alone are listed and offered, and a time narrows them further
    expect(titles).to_have_text(["ragged", "old"])
    errors = page.get_by_label("Error", exact=True).locator("option")
    expect(errors).to_have_text(["any error", "PermanentError (2)"])
    page.get_by_label("Failed", exact=True).select_option(label="in the last hour")
    expect(titles).to_have_text(["ragged"])
    page.reload()
    expect(titles).to_have_text(["ragged"])
    page.get_by_label("Stage", exact=True).select_option("p2")
    expect(titles).to_have_text(["away"])
    page.get_by_label("Failed", exact=True).select_option(label="between…")
    page.get_by_label("To", exact=True).fill("2020-01-01T00:00")
    page.get_by_label("To", exact=True).press("Tab")
    page.get_by_role("button", name="Show all dead letters").click()
    expect(titles).to_have_count(3)


def test_ten_thousand_dead_letters_come_by_pages(page: Page, stub: Stub) -> None:
    """Load more goes on where the page ended, whatever has come on top meanwhile."""
    # Given 10,000 letters, of which the page shows the newest 50
    for number in range(10_000):
        stub.mailroom.put(f"job-{number}", f"letter {number}")
    page.goto("/#/dead-letters")
    rows = page.locator("#letters .row")
    expect(rows).to_have_count(50)
    expect(page.get_by_role("link", name="Dead letters 10,000")).to_be_visible()

    # When more are asked for, after another has come
    stub.mailroom.put("another", "letter 10000")
    page.get_by_role("button", name="Load more").press("Enter")

    # Then the next 50 come, the button keeps the focus, and no more than 500 are ever shown
    expect(rows).to_have_count(100)
    expect(rows.nth(99)).to_contain_text("letter 9900")
    more = page.get_by_role("button", name="Load more")
    expect(more).to_be_focused()
    for count in range(150, 501, 50):
        more.press("Enter")
        expect(rows).to_have_count(count)
    expect(more).to_be_hidden()


def test_new_dead_letters_wait_behind_a_button(page: Page, stub: Stub) -> None:
    """Nothing slips from under a hand; the choice of others stays."""
    # Given a list with a chosen letter
    stub.mailroom.fail("first.csv", "first")
    page.goto("/#/dead-letters")
    rows = page.locator("#letters .row")
    rows.get_by_role("checkbox").check()

    # When another job fails
    stub.mailroom.fail("second.csv", "second")

    # Then its letter waits until it is asked for, and the other one stays chosen
    newer = page.get_by_role("button", name="1 new dead letter")
    expect(newer).to_be_visible()
    expect(rows).to_have_count(1)
    newer.press("Enter")
    expect(rows.locator(".row-title")).to_have_text(["second", "first"])
    expect(rows.nth(1).get_by_role("checkbox")).to_be_checked()
    expect(newer).to_be_hidden()


def test_a_row_tells_what_its_job_is_doing_since(page: Page, stub: Stub) -> None:
    """Requested, refused with the reason, or gone on: as the events of the job say."""
    # Given a letter whose job may be redriven
    letter = stub.mailroom.fail("moving.csv", "away")
    page.goto("/#/dead-letters")
    row = page.locator("#letters .row")
    expect(row.locator(".status")).to_have_text("Redrivable")
    expect(page.locator("#connection-words")).to_have_text("Live")
    asked = {"command_id": "c", "kind": "retry", "attempt": 1, "state": "requested"}

    # When somebody asks for a retry, and it is refused
    stub.board.tell(letter["job_id"], command=asked)
    expect(row.locator(".status")).to_have_text("Retry requested")
    refused = asked | {"state": "refused", "reason": "6 attempts are the most of a job"}
    stub.board.tell(letter["job_id"], command=refused)

    # Then the row says so and why, and later that the job is at work again
    expect(row.locator(".status")).to_have_text("Retry refused")
    expect(row).to_contain_text("6 attempts are the most of a job")
    stub.board.move(letter["job_id"], "PROCESS_1_RUNNING", 30, attempt=2, error=None)
    expect(row.locator(".status")).to_have_text("Process 1 running")


def test_a_list_opened_while_the_service_is_away_heals_by_itself(
    page: Page, stub: Stub, watch: Watch
) -> None:
    """It says so in words, tries again, and shows the letters as soon as it can."""
    # Given a letter, and a service that refuses the list
    watch.breaks_network = True
    stub.mailroom.fail("patient.csv", "away")
    stub.refused["/dead-letters"] = 503

    # When the list is opened
    page.goto("/#/dead-letters")

    # Then it says that and why; and once the service answers, it shows the letter
    message = page.locator("#letters-message")
    expect(message).to_contain_text("The dead letters cannot be shown right now.")
    expect(message).to_contain_text("The stub was told to refuse this.")
    del stub.refused["/dead-letters"]
    expect(page.locator("#letters .row")).to_contain_text("away")
    expect(message).to_be_empty()
