"""The schedules on the page: what is to come, and what is asked of a rule."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.conftest import Watch
from dashboard.schedules.planner import soon
from dashboard.stub import Stub

pytestmark = pytest.mark.browser


def test_rules_and_windows_are_shown_and_kept_up_to_date(page: Page, stub: Stub) -> None:
    """Each by its sentence, with when it acts next, what waits, and how far its run is."""
    # Given a rule, another one that is paused, and the closed window of a stage
    stub.planner.rule("again", "rerun", pending=12, done=1204)
    stub.planner.rule("nightly", paused=True, paused_by="ann")
    stub.planner.window("p2", next_at=soon(3 * 3600))

    # When the page of the schedules is gone to
    page.goto("/")
    page.get_by_role("link", name="Schedules").click()

    # Then both are told, and the window
    again = page.get_by_role("listitem", name="again")
    expect(again).to_contain_text("What again does, in a sentence.")
    expect(again.locator(".rule-facts")).to_have_text(
        re.compile(r"^next in (5\d min \d+ s|1 h 0 min)last 2 h ago12 jobs waiting, 1,204 done$")
    )
    nightly = page.get_by_role("listitem", name="nightly")
    expect(nightly).to_contain_text("Paused by ann")
    expect(nightly).not_to_contain_text("next")
    window = page.get_by_role("region", name="Windows").get_by_role("listitem")
    expect(window).to_have_text(re.compile(r"^Process 2Closedopens .+ \(in (2 h 5\d|3 h 0) min\)$"))

    # Then it follows what happens
    stub.planner.window("p2", open=True, until=soon(600), lanes_open=6)
    stub.planner.run("nightly", matched=30, sent=12)
    expect(window).to_contain_text("Open")
    expect(nightly.locator("progress")).to_have_js_property("value", 100)
    expect(nightly).to_contain_text("Under way: 12 of 30 sent, 25 % looked at.")


def test_a_rule_is_paused_and_goes_on(page: Page, stub: Stub) -> None:
    """One command each, under a key of its own; the rule itself tells what came of it."""
    # Given the page of a rule
    stub.planner.rule("again", "rerun")
    page.goto("/#/schedules")
    rule = page.get_by_role("listitem", name="again")

    # When it is paused by keyboard, twice
    rule.get_by_role("button", name="Pause").press("Enter")
    expect(rule.locator(".rule-words")).to_have_text("Asked for: it pauses.")
    expect(rule.get_by_role("button", name="Pause")).to_have_attribute("aria-disabled", "true")
    rule.get_by_role("button", name="Pause").press("Enter")

    # Then it was asked once, and the button that follows has the focus
    (asked,) = stub.planner.asked
    assert (asked.rule, asked.verb) == ("again", "pause")
    assert asked.key
    stub.planner.rule("again", paused=True, paused_by="gateway")
    expect(rule).to_contain_text("Paused by gateway")
    expect(rule.locator(".rule-words")).to_be_empty()
    resume = rule.get_by_role("button", name="Resume")
    resume.click()
    expect(rule.locator(".rule-words")).to_have_text("Asked for: it goes on.")
    assert [it.verb for it in stub.planner.asked] == ["pause", "resume"]


def test_what_is_counted_first_is_then_done_for_so_many(page: Page, stub: Stub) -> None:
    """What cannot be taken back has no other way; the count is what one says yes to."""
    # Given a rule that forgets jobs
    stub.planner.rule("old", "forget")
    page.goto("/#/schedules")
    rule = page.get_by_role("listitem", name="old")
    expect(rule.get_by_role("button", name="Count first")).to_be_visible()
    expect(rule.get_by_role("button", name="Run now")).to_have_count(0)

    # When it is counted
    rule.get_by_role("button", name="Count first").click()
    stub.planner.run("old", matched=7, dry=True)
    expect(rule).to_contain_text("Counting: 7 found, 25 % looked at.")
    expect(rule.get_by_role("button", name="Stop")).to_be_visible()
    stub.planner.run("old", matched=1204, dry=True, finished_at=soon(0))

    # Then it says how many, and is done for these when that is wanted
    expect(rule).to_contain_text("Counted: 1,204 found.")
    rule.get_by_role("button", name="Do it for 1,204 jobs").click()
    expect(rule.locator(".rule-words")).to_have_text("Asked for: it begins.")
    assert [it.verb for it in stub.planner.asked] == ["count", "run"]


def test_a_refusal_is_told_where_it_was_asked(page: Page, stub: Stub, watch: Watch) -> None:
    """And what was not taken may be asked again, under the same key."""
    # Given a window, and a gateway that refuses
    watch.breaks_network = True
    stub.planner.rule("window-p2", "window")
    stub.refused["/schedules/window-p2/run"] = 503
    page.goto("/#/schedules")
    rule = page.get_by_role("listitem", name="window-p2")

    # When it is to be opened
    rule.get_by_role("button", name="Open now").click()

    # Then its words stand there, and the next try has the same key
    expect(rule.locator(".rule-words")).to_contain_text("The stub was told to refuse this.")
    stub.refused.clear()
    rule.get_by_role("button", name="Open now").click()
    expect(rule.locator(".rule-words")).to_have_text("Asked for: it begins.")
    keys = {seen.idempotency_key for seen in stub.requests("/schedules/window-p2/run")}
    assert len(keys) == 1


def test_without_schedules_the_page_says_so(page: Page, stub: Stub, watch: Watch) -> None:
    """And while they are not known it asks again by itself."""
    # Given a service that does not know yet
    watch.breaks_network = True
    stub.refused["/schedules"] = 503
    page.goto("/#/schedules")
    message = page.locator("#schedules-message")
    expect(message).to_contain_text("The page tries again by itself.")

    # When it does, and there is none, then that is said
    stub.refused.clear()
    expect(message).to_contain_text("No schedules yet")
