"""The banner that says what holds a stage back."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.board import JobDict
from dashboard.conftest import Watch
from dashboard.server import Server
from dashboard.stub import Stub

pytestmark = pytest.mark.browser


def paused(reason: str, *, instance: str = "a", since: str = "2026-11-28T12:03:20Z") -> JobDict:
    """One reason that one instance of p1 reports."""
    told = {"stage": "p1", "instance": instance, "partitions": 3}
    return told | {"reason": reason, "since": since}


def test_an_open_breaker_is_told_on_every_view_until_it_closes(page: Page, stub: Stub) -> None:
    """Once for all instances, since the first of them; moving partitions are no news."""
    # Given two instances that wait for the object store, and one that just takes over
    job_id = stub.board.submit("waits.csv")
    stub.mailroom.fail("failed.csv", "away")
    stub.board.pause(
        paused("breaker:object store", instance="b", since="2026-11-28T12:09:00Z"),
        paused("breaker:object store"),
        paused("takeover"),
    )

    # When any view is opened
    words = re.compile(
        r"^Process 1 waits for the object store since \d+:03( PM)?\. Jobs wait and none is lost\.$"
    )
    banner = page.locator("#pauses p")
    for address in ("/#/", f"/#/jobs/{job_id}", "/#/dead-letters", "/#/dead-letters/p1.dlq/0/0"):
        page.goto(address)
        # Then it is said there, loaded or gone to
        expect(banner).to_have_text(words)
        page.reload()
        expect(banner).to_have_text(words)

    # Then it goes when the breaker closes
    stub.board.pause()
    expect(banner).to_have_count(0)


def test_a_stage_that_fails_everything_is_told_and_moves_nothing(page: Page, stub: Stub) -> None:
    """Too many dead letters pause it; the banner lies over the page, whose parts stay in place."""
    # Given the list of jobs
    stub.board.submit("waits.csv")
    page.goto("/")
    row = page.locator("#jobs .row")
    expect(row).to_be_visible()
    before = row.bounding_box()

    # When the stage is paused
    stub.board.pause(paused("too many dead letters"))

    # Then it says so, and nothing has moved
    expect(page.locator("#pauses")).to_contain_text("Process 1 is paused since")
    expect(page.locator("#pauses")).to_contain_text("too many jobs failed in a row")
    assert row.bounding_box() == before


def test_what_was_over_while_the_service_was_away_is_told_no_more(
    page: Page, stub: Stub, server: Server, watch: Watch
) -> None:
    """A service that has just started has nothing to tell; the page asks it."""
    # Given a banner, and a service that goes away
    watch.breaks_network = True
    stub.board.pause(paused("breaker:object store"))
    page.goto("/")
    expect(page.locator("#pauses p")).to_have_count(1)
    server.stop()

    # When it comes back, and nothing is paused any more
    stub.board.pause()
    server.start()

    # Then the banner goes
    expect(page.locator("#pauses p")).to_have_count(0)
