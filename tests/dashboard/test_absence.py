"""What the dashboard does while the service, the network or its reader is away."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.conftest import Watch
from dashboard.stub import Stub

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _broken_network(watch: Watch) -> None:
    watch.breaks_network = True


def test_a_page_opened_while_the_service_is_away_heals_by_itself(page: Page, stub: Stub) -> None:
    """It says so in words, tries again, and shows the jobs as soon as it can."""
    # Given a job, and a service that refuses the list
    stub.board.submit("patient.csv")
    stub.refused["/jobs"] = 503

    # When the page is opened
    page.goto("/")

    # Then it says that and why; and once the service answers, it shows the job and is live
    message = page.locator("#list-message")
    expect(message).to_contain_text("The jobs cannot be shown right now.")
    expect(message).to_contain_text("The stub was told to refuse this.")
    expect(page.locator("#connection-words")).to_have_text("Reconnecting…")
    del stub.refused["/jobs"]
    expect(page.locator("#jobs .row")).to_contain_text("patient.csv")
    expect(page.locator("#connection-words")).to_have_text("Live")


def test_a_lost_network_is_told_with_the_time_and_recovered_from(page: Page, stub: Stub) -> None:
    """Offline since when; back online the stream resumes and nothing was missed."""
    # Given a live list
    stub.board.submit("before.csv")
    page.goto("/")
    expect(page.locator("#connection-words")).to_have_text("Live")

    # When the network is lost
    page.context.set_offline(offline=True)

    # Then the page says since when; and once it is back, it shows what came meanwhile and is live
    words = page.locator("#connection-words")
    expect(words).to_have_text(re.compile(r"Offline since \d+:\d\d:\d\d"))
    stub.board.submit("meanwhile.csv")
    page.context.set_offline(offline=False)
    expect(page.locator("#jobs .row")).to_have_count(2)
    expect(words).to_have_text("Live")


def test_a_sleeping_page_resumes_when_it_wakes(timeless_page: Page, stub: Stub) -> None:
    """Hidden for long, a page frees its connection; seen again, it goes on from its last id."""
    # Given a live list with a job, and a clock that the test moves
    page = timeless_page
    job_id = stub.board.submit("patient.csv")
    page.goto("/")
    row = page.locator("#jobs .row")
    expect(row).to_contain_text("Queued")
    expect(page.locator("#connection-words")).to_have_text("Live")

    # When the page is hidden, sees nothing of the job's end after half a minute, and is shown again
    page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { value: true, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
    )
    page.clock.run_for(31_000)
    stub.board.complete(job_id)
    page.clock.run_for(1_000)
    expect(row).to_contain_text("Queued")
    page.evaluate(
        """() => {
          delete document.hidden;
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
    )

    # Then it sees the end
    page.clock.run_for(1_000)
    expect(row).to_contain_text("Completed")
