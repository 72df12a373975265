"""How the pipeline stands and what it did, on its page."""

import time

import pytest
from playwright.sync_api import Page, expect

from dashboard.flow.meter import stage, window
from dashboard.flow.pointing import pointed_at
from dashboard.stub import Stub

pytestmark = pytest.mark.browser


def test_boxes_say_what_each_stage_does_and_what_holds_it_up(page: Page, stub: Stub) -> None:
    """And go on saying it as it changes."""
    # Given a stage at work, and one that waits for its store
    stub.meter.fill()
    page.goto("/#/pipeline")
    first, second = page.locator(".flow-stage").all()[0:2] if _boxes(page) else (None, None)
    assert first is not None
    assert second is not None
    expect(first).to_contain_text("8 running")
    expect(first).to_contain_text("31.4/s done")
    expect(page.locator(".flow-queue").first).to_contain_text("1,204waiting")
    expect(second).to_contain_text("Paused: waits for object store")
    expect(second).to_contain_text("3 tried again later, 7 dead letters")
    expect(page.locator(".flow-end")).to_contain_text("48,213")

    # When the store is back and the line is gone
    stub.meter.stages = [stage("p1"), stage("p2", running=2, done_per_second=4.0)]

    # Then the boxes say so by themselves
    expect(second).to_contain_text("2 running")
    expect(second).not_to_contain_text("Paused")
    expect(page.locator(".flow-queue").first).to_contain_text("0waiting")


def test_charts_show_the_hour_with_its_newest_values(page: Page, stub: Stub) -> None:
    """A line a stage, in words for those who do not see it; errors with how often they came."""
    # Given three windows of two stages
    now = time.time()
    for ago, per_second in ((30, 10.0), (20, 12.0), (10, 12.5)):
        times = {"p50": 0.25, "p95": 1.5, "p99": 2.0}
        more = {"ended_per_second": per_second, "stage_seconds": times}
        stub.meter.windows.append(window("p1", now - ago, **more, errors={"BadFile": 2}))
        stub.meter.windows.append(window("p2", now - ago, waiting=40, job_seconds=times))

    # When the page is opened
    page.goto("/#/pipeline")

    # Then the charts say what is newest
    def chart(title: str) -> str:
        found = page.get_by_role("img", name=title)
        expect(found).to_be_visible()
        return found.get_attribute("aria-label") or ""

    expect(page.locator(".line").first).to_be_attached()
    assert chart("Jobs ended:") == "Jobs ended: Process 1 12.5/s, Process 2 0/s"
    assert chart("Waiting:") == "Waiting: Process 1 0, Process 2 40"
    assert chart("In the stage, 95 %:").startswith("In the stage, 95 %: Process 1 1.5 s")
    assert chart("Submission to end, median:") == "Submission to end, median: Process 2 250 ms"
    expect(page.locator("#failures")).to_contain_text("BadFile in Process 1")
    expect(page.locator("#failures strong")).to_have_text("6")


def test_a_moment_that_is_pointed_at_tells_its_values(page: Page, stub: Stub) -> None:
    """The legend says them with the moment, until the pointer leaves."""
    # Given an hour with waves
    stub.meter.fill()
    page.goto("/#/pipeline")
    card = page.locator(".chart-card").first
    expect(card.locator(".line").first).to_be_attached()
    expect(card.locator(".chart-when")).to_have_text("")

    # When the middle of the first chart is pointed at
    drawing = card.locator(".chart")
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60)

    # Then its moment and values are told, and the newest again afterwards
    expect(card.locator(".chart-when")).not_to_have_text("")
    expect(card.locator(".legend strong").first).to_contain_text("/s")
    page.mouse.move(0, 0)
    expect(card.locator(".chart-when")).to_have_text("")


def test_a_moment_that_is_pointed_at_is_told_with_its_own_values(page: Page, stub: Stub) -> None:
    """Not with those of the window before it; where there is none, with a dash."""
    # Given windows side by side, each with another rate, and a hole
    now = time.time() // 10 * 10
    rates = {now - ago: ago / 10 for ago in (120, 110, 100, 70)}
    stub.meter.windows = [window("p1", at, ended_per_second=r) for at, r in rates.items()]
    page.goto("/#/pipeline")
    card = page.locator(".chart-card").first
    expect(card.locator(".line").first).to_be_attached()

    # When the end of the chart is pointed at, place by place
    told = pointed_at(card)

    # Then each moment has what was done then
    expected = {at: f"{rate:g}/s" for at, rate in rates.items()}
    assert {at: told[at] for at in rates} == expected
    assert [told[now - ago] for ago in (130, 90, 80, 60)] == ["\u2013"] * 4


def test_without_statistics_the_page_says_what_is_missing(page: Page, stub: Stub) -> None:
    """The boxes are of the status service itself, and there all the same."""
    # Given a deployment without the statistics, of which nothing is known in a week either
    page.goto("/#/pipeline")

    # When it is looked at, then it says so
    expect(page.locator("#flow-message")).to_contain_text("The statistics are a service")
    expect(page.locator(".flow-stage")).to_have_count(2)
    page.get_by_role("button", name="Last week").click()
    expect(page.get_by_role("button", name="Last week")).to_have_attribute("aria-pressed", "true")
    assert [seen.query["resolution"] for seen in stub.requests("/statistics")][-1] in {"10", "300"}
    expect(page.locator("#flow-message")).to_contain_text("The statistics are a service")


def _boxes(page: Page) -> bool:
    expect(page.locator(".flow-stage")).to_have_count(2)
    return True
