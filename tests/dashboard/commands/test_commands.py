"""What is asked of a job on its page."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.conftest import Watch
from dashboard.stub import Stub

pytestmark = pytest.mark.browser


def test_a_job_is_cancelled_from_its_page(page: Page, stub: Stub) -> None:
    """Cancel requested is said at once; then the job is cancelled, and nothing is left to ask."""
    # Given the page of a running job
    job_id = stub.board.submit("long.csv")
    stub.board.move(job_id, "PROCESS_1_RUNNING", 30)
    page.goto(f"/#/jobs/{job_id}")

    # When it is cancelled by keyboard
    cancel = page.get_by_role("button", name="Cancel the job")
    cancel.press("Enter")

    # Then that is said, once only, with the focus kept; and the job ends as cancelled
    expect(page.locator(".job-command")).to_contain_text("Cancel requested")
    expect(cancel).to_be_focused()
    expect(cancel).to_have_attribute("aria-disabled", "true")
    cancel.press("Enter")
    (command,) = stub.mailroom.commands
    assert (command.kind, command.job_id, command.attempt) == ("cancel", job_id, 1)
    job = stub.board.job(job_id)
    assert job is not None
    error = {
        "stage": "p1",
        "error_class": "Cancelled",
        "message": "Cancelled by gateway",
        "retry_available": False,
        "dead_letter": None,
    }
    accepted = job["command"] | {"state": "accepted"}
    stub.board.move(job_id, "CANCELLED", 42, error=error, command=accepted)
    expect(page.locator(".job-head .status")).to_have_text("Cancelled")
    expect(page.get_by_role("region", name="Cancelled")).to_contain_text("Cancelled by gateway")
    expect(page.locator(".job-command")).to_be_empty()
    expect(page.locator(".job-actions button:visible")).to_have_count(0)
    expect(page.locator("#job-title")).to_be_focused()


def test_a_failed_job_is_retried_and_told_if_it_is_refused(page: Page, stub: Stub) -> None:
    """With attempt and stage; the reason of a refusal stands there, and it may be asked again."""
    # Given the page of a failed job
    letter = stub.mailroom.fail("again.csv", "away", stage="p2")
    page.goto(f"/#/jobs/{letter['job_id']}")

    # When it is retried
    retry = page.get_by_role("button", name="Retry")
    retry.click()

    # Then it is said that it was asked for, and what became of it
    words = page.locator(".job-command")
    expect(words).to_have_text("Retry requested: its stage opens attempt 2.")
    (command,) = stub.mailroom.commands
    assert (command.attempt, command.stage) == (1, "p2")
    job = stub.board.job(letter["job_id"])
    assert job is not None
    refused = {"state": "refused", "reason": "6 attempts are the most of a job."}
    stub.board.tell(letter["job_id"], command=job["command"] | refused)
    expect(words).to_have_text("The retry was refused: 6 attempts are the most of a job.")
    expect(retry).to_have_attribute("aria-disabled", "false")


def test_a_cancel_that_came_too_late_is_told(page: Page, stub: Stub) -> None:
    """With the reason that the service gives."""
    # Given the page of a job that was to be cancelled
    job_id = stub.board.submit("quick.csv")
    late = {"command_id": "c", "kind": "cancel", "attempt": 1, "state": "late"}
    page.goto(f"/#/jobs/{job_id}")
    expect(page.locator("#job-percent")).to_have_text("0 %")

    # When it ends before that is heard
    stub.board.complete(job_id)
    stub.board.tell(job_id, command=late | {"reason": "The job was COMPLETED before it was heard."})

    # Then its page says so
    expect(page.locator(".job-command")).to_have_text(
        "The cancel came too late: The job was COMPLETED before it was heard."
    )


def test_a_command_that_did_not_arrive_is_asked_again_under_the_same_key(
    page: Page, stub: Stub, watch: Watch
) -> None:
    """One wish is one command, however often it has to be sent; the words say what to do."""
    # Given the page of a job, and a gateway that cannot be reached
    watch.breaks_network = True
    job_id = stub.board.submit("long.csv")
    page.goto(f"/#/jobs/{job_id}")
    cancel = page.get_by_role("button", name="Cancel the job")
    with page.expect_request("**/cancel") as losing:
        page.route("**/cancel", lambda route: route.abort())
        cancel.click()
    words = page.locator(".job-command")
    expect(words).to_contain_text("The gateway cannot be reached. Check the connection")

    # When it is asked again
    page.unroute("**/cancel")
    cancel.click()

    # Then it is taken, under the key of the first time
    expect(words).to_contain_text("Cancel requested")
    (command,) = stub.mailroom.commands
    assert command.key == losing.value.headers["idempotency-key"]


def test_a_refusal_of_the_gateway_is_told_in_its_words(
    page: Page, stub: Stub, watch: Watch
) -> None:
    """And what is said of a refusal that passes is that it passes."""
    # Given the page of a job, and a gateway without its Kafka
    watch.breaks_network = True
    job_id = stub.board.submit("long.csv")
    page.goto(f"/#/jobs/{job_id}")
    stub.refused[f"/jobs/{job_id}/cancel"] = 503

    # When the job is to be cancelled, then its words stand there
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.locator(".job-command")).to_have_text(
        "The stub was told to refuse this. Try again in a moment; nothing happens twice."
    )
