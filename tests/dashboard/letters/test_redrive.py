"""Redriving dead letters: one, many, all of a filter."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.conftest import Watch
from dashboard.server import Server
from dashboard.stub import Stub

pytestmark = pytest.mark.browser


def press_until_focused(page: Page, locator_id: str) -> None:
    """Tab on until the element has the focus, as a reader without a mouse does."""
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == locator_id:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to #{locator_id}")


def test_all_of_a_filter_are_redriven_by_keyboard_alone(page: Page, stub: Stub) -> None:
    """A dry run tells how many of which; Escape does nothing at all; yes redrives those."""
    # Given two letters of p2 that may be redriven, one that may not, and one of p1
    for title in ("one.csv", "two.csv"):
        stub.mailroom.fail(title, "away", stage="p2", error_class="StoreUnavailable")
    stub.mailroom.fail("bad.csv", "ragged", stage="p2", retry_available=False)
    stub.mailroom.fail("other.csv", "away", stage="p1", error_class="StoreUnavailable")
    page.goto("/")
    expect(page.get_by_role("link", name="Dead letters 4")).to_be_visible()
    press_until_focused(page, "nav-letters")
    page.keyboard.press("Enter")
    expect(page.locator("#letters .row")).to_have_count(4)

    # When p2 is chosen, and all of it is to be redriven, at first by mistake
    press_until_focused(page, "letters-stage")
    page.keyboard.type("p2")
    expect(page.locator("#letters .row")).to_have_count(3)
    press_until_focused(page, "redrive-all")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Try 2 jobs again?")
    expect(dialog).to_contain_text("2 p2: StoreUnavailable")
    expect(dialog.get_by_role("heading")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#redrive-all")).to_be_focused()
    assert stub.mailroom.commands == []
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    # Then those two are commanded, it is said aloud, and the focus is where one goes on
    expect(page.get_by_role("heading", name="Redrive done")).to_be_visible()
    expect(page.get_by_role("button", name="Dismiss")).to_be_focused()
    expect(page.locator("#announcer")).to_contain_text("2 of 2 jobs asked to try again")
    assert [command.stage for command in stub.mailroom.commands] == ["p2", "p2"]
    dry, real = stub.mailroom.bulk[-2:]
    assert dry["dry_run"] is True
    assert (real["dry_run"], real["filter"]) == (False, dry["filter"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Dead letters")).to_be_focused()


def test_a_question_that_is_asked_again_at_once_is_counted(page: Page, stub: Stub) -> None:
    """That the one before was closed is told later: it is no end of the new one."""
    # Given a question that was counted
    stub.mailroom.fail("one.csv", "away", stage="p2", error_class="StoreUnavailable")
    page.goto("/#/dead-letters")
    page.get_by_role("button", name="Redrive all").click()
    dialog = page.get_by_role("dialog", name="Try 1 job again?")
    expect(dialog).to_be_visible()

    # When it is closed and asked again before the browser tells of the end
    page.evaluate(
        "document.querySelector('#redrive-dialog').close();"
        "document.querySelector('#redrive-all').click()"
    )

    # Then it is counted, and may be answered
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Redrive 1 job").click()
    expect(page.get_by_role("heading", name="Redrive done")).to_be_visible()


def test_chosen_letters_are_redriven_and_refusals_told_with_their_reasons(
    page: Page, stub: Stub
) -> None:
    """Before by the dry run, afterwards by the stage; what it took up is counted."""
    # Given three chosen letters, one of a job that has gone on
    ids = [stub.mailroom.fail(f"{n}.csv", "away")["job_id"] for n in range(2)]
    stub.mailroom.put("gone-on", "away", retry_available=None)
    page.goto("/#/dead-letters")
    expect(page.locator("#letters .row")).to_have_count(3)
    expect(page.locator("#letters .status").first).to_have_text("Job went on")
    page.get_by_role("checkbox", name="All redrivable shown").check()
    expect(page.locator("#letters-chosen")).to_have_text("2 chosen")
    page.locator("#letters .row").first.get_by_role("checkbox").check()

    # When they are redriven
    page.get_by_role("button", name="Redrive the chosen…").click()
    dialog = page.get_by_role("dialog", name="Try 2 jobs again?")
    expect(dialog).to_contain_text("1 job cannot be redriven:")
    expect(dialog).to_contain_text("Job gone-on: The job is COMPLETED")
    dialog.get_by_role("button", name="Redrive 2 jobs").click()
    expect(page.get_by_role("heading", name="Redrive done")).to_be_visible()
    expect(page.locator("#letters-chosen")).to_have_text("0 chosen")

    # Then the stage's answers are told as they come
    for job_id, state in zip(ids, ("accepted", "refused"), strict=True):
        job = stub.board.job(job_id)
        assert job is not None
        told = {"state": state, "reason": "6 attempts are the most of a job"}
        stub.board.tell(job_id, command=job["command"] | told)
    panel = page.get_by_role("region", name="Redrive done")
    expect(panel).to_contain_text("1 taken up by their stage")
    expect(panel).to_contain_text("2 jobs refused")
    expect(panel).to_contain_text(f"Job {ids[1][:8]}: 6 attempts are the most of a job")


def test_a_redrive_is_stopped_gone_on_with_and_outlives_a_reload(page: Page, stub: Stub) -> None:
    """It goes on from its cursor: every job is commanded once."""
    # Given a redrive of 450 letters, under way
    for number in range(450):
        stub.mailroom.put(f"job-{number}")
    page.goto("/#/dead-letters")
    page.get_by_role("button", name="Redrive all of this filter…").click()
    page.get_by_role("button", name="Redrive 450 jobs").click()
    expect(page.locator(".redrive-words")).to_contain_text("100 of 450 jobs")

    # When it is stopped, and the page is loaded anew
    page.get_by_role("button", name="Stop").press("Enter")
    expect(page.get_by_role("heading", name="Redrive stopped")).to_be_visible()
    expect(page.get_by_role("button", name="Go on")).to_be_focused()
    commanded = len(stub.mailroom.commands)
    assert 100 <= commanded < 450
    page.reload()
    expect(page.locator(".redrive-words")).to_contain_text(f"{commanded} of 450 jobs")
    expect(page.locator("#redrive-all")).to_have_attribute("aria-disabled", "true")

    # Then it goes on where it stopped, to its end, and every job was commanded once
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Redrive done")).to_be_visible()
    assert len({command.job_id for command in stub.mailroom.commands}) == 450
    assert len(stub.mailroom.commands) == 450


def test_a_gateway_that_is_away_holds_a_redrive_up_and_loses_nothing(
    page: Page, stub: Stub, watch: Watch
) -> None:
    """It says why, and asks again for the same page by itself."""
    # Given a dry run that the gateway refuses at first
    watch.breaks_network = True
    stub.mailroom.fail("patient.csv", "away")
    page.goto("/#/dead-letters")
    stub.refused["/jobs/retry"] = 503
    page.get_by_role("button", name="Redrive all of this filter…").click()
    dialog = page.get_by_role("dialog", name="It could not be counted")
    expect(dialog).to_contain_text("The stub was told to refuse this. Try again in a moment")
    del stub.refused["/jobs/retry"]
    dialog.get_by_role("button", name="Count again").click()

    # When it is away again while it is redriven
    yes = page.get_by_role("button", name="Redrive 1 job")
    expect(yes).to_be_visible()
    stub.refused["/jobs/retry"] = 503
    yes.click()
    panel = page.locator("#redrive")
    expect(panel).to_contain_text("Redriving, held up")
    expect(panel).to_contain_text("The page tries again by itself.")
    del stub.refused["/jobs/retry"]

    # Then it ends as soon as the gateway is back
    expect(panel).to_contain_text("Redrive done")
    assert len(stub.mailroom.commands) == 1


def test_a_gateway_of_another_origin_is_asked_as_json(page: Page, stub: Stub, watch: Watch) -> None:
    """Preflight and all: the address written into the page."""
    # Given a page whose gateway has another address, and a letter
    stub.mailroom.fail("abroad.csv", "away")
    with Server(stub) as gateway:
        stub.gateway_url = gateway.url
        watch.origins.add(gateway.url)
        page.goto("/#/dead-letters")

        # When it is redriven
        page.get_by_role("button", name="Redrive all of this filter…").click()
        with page.expect_response(f"{gateway.url}/jobs/retry"):
            page.get_by_role("button", name="Redrive 1 job").click()

        # Then its job was commanded there
        expect(page.get_by_role("heading", name="Redrive done")).to_be_visible()
        assert len(stub.mailroom.commands) == 1
