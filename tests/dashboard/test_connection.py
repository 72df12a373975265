"""What the dashboard does when its stream of events breaks."""

import time

import pytest
from playwright.sync_api import Page, Route, expect
from support.waiting import DEADLINE_SECONDS

from dashboard.board import Board
from dashboard.conftest import Watch
from dashboard.server import Server
from dashboard.stub import Seen, Stub

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _broken_network(watch: Watch) -> None:
    watch.breaks_network = True


def resumed(stub: Stub, page: Page, path: str, *, before: int) -> Seen:
    """The first request for events after the first *before* ones."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while len(stub.requests(path)) <= before:
        assert time.monotonic() < deadline, f"nobody came back to {path}"
        page.wait_for_timeout(20)
    return stub.requests(path)[before]


def holds(page: Page, expression: str) -> None:
    """Wait until *expression* is true on the page, whose policy forbids to poll from within."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"it does not become true that {expression}"
        page.wait_for_timeout(20)


def test_the_list_goes_on_after_a_restart_with_the_last_id_it_saw(
    page: Page,
    stub: Stub,
    server: Server,
) -> None:
    """The stream is resumed by Last-Event-ID; what happened meanwhile is not missed."""
    # Given a live list with a running job
    job_id = stub.board.submit("steady.csv")
    page.goto("/")
    expect(page.locator("#connection-words")).to_have_text("Live")
    stub.board.move(job_id, "PROCESS_1_RUNNING", 30)
    row = page.locator("#jobs .row")
    expect(row).to_contain_text("Process 1 running")
    last_seen = stub.board.position
    streams = len(stub.requests("/events"))

    # When the server goes, the job ends and another comes, and the server is back
    server.stop()
    expect(page.locator("#connection")).to_have_attribute("data-state", "reconnecting")
    stub.board.complete(job_id)
    stub.board.submit("meanwhile.csv")
    server.start()

    # Then the list has both, after asking from the last id it saw
    expect(row).to_have_count(2)
    expect(row.last).to_contain_text("Completed")
    expect(page.locator("#connection-words")).to_have_text("Live")
    assert resumed(stub, page, "/events", before=streams).last_event_id == last_seen


def test_one_jobs_page_goes_on_after_a_restart(page: Page, stub: Stub, server: Server) -> None:
    """It too resumes by the last id it saw."""
    # Given the live page of a running job
    job_id = stub.board.submit("steady.csv")
    path = f"/jobs/{job_id}/events"
    page.goto(f"/#/jobs/{job_id}")
    expect(page.locator("#connection-words")).to_have_text("Live")
    stub.board.move(job_id, "PROCESS_1_RUNNING", 44)
    expect(page.locator("#job-percent")).to_have_text("44 %")
    last_seen = stub.board.position

    # When the server is restarted
    server.restart()

    # Then the page asks from the last id it saw, and sees the job end
    assert resumed(stub, page, path, before=1).last_event_id == last_seen
    stub.board.complete(job_id)
    expect(page.locator("#job-percent")).to_have_text("100 %")


@pytest.mark.parametrize("status", [502, 503])
def test_a_stream_closed_by_an_http_error_is_opened_again(
    page: Page, stub: Stub, server: Server, status: int
) -> None:
    """The browser gives such a stream up; the page asks again, from the last id it saw."""
    # Given a live list with a running job
    job_id = stub.board.submit("steady.csv")
    page.goto("/")
    expect(page.locator("#connection-words")).to_have_text("Live")
    stub.board.move(job_id, "PROCESS_1_RUNNING", 30)
    row = page.locator("#jobs .row")
    expect(row).to_contain_text("Process 1 running")
    last_seen = stub.board.position
    streams = len(stub.requests("/events"))

    # When the restarted server refuses the stream for a while, and the job ends
    stub.refused["/events"] = status
    server.restart()
    resumed(stub, page, "/events", before=streams)
    del stub.refused["/events"]
    stub.board.complete(job_id)

    # Then the list sees the end, after asking from the last id it saw
    expect(row).to_contain_text("Completed")
    reopened = stub.requests("/events")[-1]
    assert reopened.query == {"last_event_id": last_seen}


def test_another_page_goes_on_with_the_pages_own_client_where_a_plain_one_ends(
    page: Page, stub: Stub, server: Server
) -> None:
    """A proxy says 502 while the service restarts; a browser takes that for final."""
    # Given somebody's page that watches a job, once by our client and once by a plain one
    job_id = stub.board.submit("watched.csv")
    page.goto("/")
    page.evaluate(
        """async (path) => {
          const { Feed } = await import("/static/live/feed.js");
          globalThis.told = [];
          const onJob = (job) => globalThis.told.push(job.status);
          new Feed({ path, onJob }).start();
          globalThis.plain = new EventSource(path);
        }""",
        f"/jobs/{job_id}/events",
    )
    holds(page, "told.length === 1 && plain.readyState === EventSource.OPEN")

    # When a restarted server refuses the stream for a while, and the job ends
    stub.refused[f"/jobs/{job_id}/events"] = 502
    server.restart()
    holds(page, "plain.readyState === EventSource.CLOSED")
    del stub.refused[f"/jobs/{job_id}/events"]
    stub.board.complete(job_id)

    # Then our client sees the end, and the plain one has given up
    holds(page, "told.at(-1) === 'COMPLETED'")
    assert page.evaluate("plain.readyState === EventSource.CLOSED")


def test_the_first_stream_begins_where_the_list_ends(page: Page, stub: Stub) -> None:
    """No change between the two requests is lost."""
    # Given a job that moves between the page's request for the list and that for events
    job_id = stub.board.submit("racing.csv")
    position = stub.board.position

    def change_before_the_stream(route: Route) -> None:
        stub.board.move(job_id, "PROCESS_1_RUNNING", 35)
        route.continue_()

    page.route("**/events?*", change_before_the_stream)

    # When the page is opened
    page.goto("/")

    # Then it shows the move, having asked from the position of the list
    expect(page.locator("#jobs .row")).to_contain_text("Process 1 running")
    assert stub.requests("/events")[0].query == {"last_event_id": position}


def test_a_reset_loads_the_list_anew(page: Page, stub: Stub, server: Server) -> None:
    """Another cluster behind the same address: nothing of the old one stays."""
    # Given a list with a job
    stub.board.submit("of the old cluster.csv")
    page.goto("/")
    titles = page.locator("#jobs .row-title")
    expect(titles).to_have_text(["of the old cluster.csv"])

    # When the server comes back with the jobs of another cluster
    stub.board = Board()
    stub.board.submit("of the new cluster.csv")
    server.restart()

    # Then the list has those alone, and goes on with them
    expect(titles).to_have_text(["of the new cluster.csv"])
    stub.board.submit("and one more.csv")
    expect(titles).to_have_text(["and one more.csv", "of the new cluster.csv"])
