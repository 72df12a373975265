"""Submitting files on the dashboard."""

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import FilePayload, Page, expect

from dashboard.conftest import Watch
from dashboard.server import Server
from dashboard.stub import Stub

pytestmark = pytest.mark.browser

CSV: Final[FilePayload] = {
    "name": "penguins.csv",
    "mimeType": "text/csv",
    "buffer": b"species,mass\nAdelie,3750\n",
}


def test_a_submitted_file_appears_moves_and_ends_with_its_downloads(page: Page, stub: Stub) -> None:
    """Submit, a row, progress, completed, a download: without a reload."""
    # Given the page, with no jobs
    page.goto("/")

    # When a file is chosen
    page.set_input_files("#file", CSV)

    # Then its job is in the list, moves there and on its own page, ends, and can be downloaded
    row = page.locator("#jobs .row")
    expect(row).to_contain_text("penguins.csv")
    expect(row).to_contain_text("Queued")
    (job_id,) = stub.uploads
    assert stub.uploads[job_id] == CSV["buffer"]
    stub.board.move(job_id, "PROCESS_1_RUNNING", 42, note="column 3 of 7")
    expect(row).to_contain_text("Process 1 running")
    expect(row).to_contain_text("column 3 of 7")
    expect(row.get_by_role("progressbar")).to_have_js_property("value", 42)
    page.get_by_role("link", name="Follow this job").click()
    expect(page).to_have_title("42 % · penguins.csv - headway")
    stub.board.complete(job_id)
    expect(page.locator("#job-percent")).to_have_text("100 %")
    expect(page.locator("#announcer")).to_have_text("penguins.csv: completed.")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download report.xlsx").click()
    assert downloading.value.suggested_filename == "report.xlsx"
    assert downloading.value.path().read_text(encoding="utf-8") == "the file report.xlsx"
    # The first look waited for the submission to be read: read-your-writes.
    assert stub.requests(f"/jobs/{job_id}")[0].query == {"after": "4:7"}


def test_a_retry_after_a_network_failure_sends_the_same_key(
    page: Page,
    stub: Stub,
    watch: Watch,
) -> None:
    """One file is one job, however often it has to be sent."""
    # Given a file that did not arrive, on a page that offers to try again
    watch.breaks_network = True
    lost_keys = []
    page.goto("/")
    with page.expect_request("**/generate-file") as losing:
        page.route("**/generate-file", lambda route: route.abort())
        page.set_input_files("#file", CSV)
    lost_keys.append(losing.value.headers["idempotency-key"])
    expect(page.get_by_role("alert")).to_contain_text("did not arrive")

    # When it is sent again
    page.unroute("**/generate-file")
    page.get_by_role("button", name="Try again").click()

    # Then there is one job, submitted under the key of the first time
    expect(page.locator("#jobs .row")).to_have_count(1)
    (sent,) = stub.requests("/generate-file")
    assert [sent.idempotency_key] == lost_keys


def test_each_chosen_file_has_a_key_of_its_own(page: Page, stub: Stub) -> None:
    """The same file chosen twice is two jobs."""
    # Given the page, with no jobs
    page.goto("/")

    # When the same file is chosen three times
    page.set_input_files("#file", [CSV, CSV])
    page.set_input_files("#file", CSV)

    # Then there are three jobs, each submitted under a key of its own
    expect(page.locator("#jobs .row")).to_have_count(3)
    keys = {seen.idempotency_key for seen in stub.requests("/generate-file")}
    assert len(keys) == 3
    assert all(re.fullmatch(r"[0-9a-f-]{36}", key or "") for key in keys)


def test_a_refusal_is_told_in_the_services_words(page: Page, watch: Watch) -> None:
    """problem+json becomes a sentence beside the file; there is nothing to retry."""
    # Given the page, with no jobs
    watch.breaks_network = True
    page.goto("/")

    # When an empty file is chosen
    page.set_input_files("#file", {**CSV, "buffer": b""})

    # Then the service's words stand there, with nothing to try again, and can be dismissed
    expect(page.get_by_role("alert")).to_have_text("file is empty: there is no data in it")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_file_dropped_beside_the_zone_is_submitted(page: Page, stub: Stub) -> None:
    """The whole window takes files: a near miss must not replace the page."""
    # Given the page, and a file in somebody's hand
    page.goto("/")
    dropped = page.evaluate_handle(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(["a,b\\n1,2\\n"], "dropped.csv", { type: "text/csv" }));
          return transfer;
        }""",
    )

    # When it is dropped on a heading
    page.dispatch_event("h2", "dragover", {"dataTransfer": dropped})
    expect(page.locator("#dropzone")).to_have_class("dropzone dropzone-over")
    page.dispatch_event("h2", "drop", {"dataTransfer": dropped})

    # Then it is submitted
    expect(page.locator("#jobs .row")).to_contain_text("dropped.csv")
    assert list(stub.uploads.values()) == [b"a,b\n1,2\n"]


def test_the_upload_shows_how_far_it_is(page: Page, tmp_path: Path) -> None:
    """A slow line moves the bar step by step, and an upload under way can be cancelled."""
    # Given a file of two megabytes and a slow line
    source = tmp_path / "large.csv"
    source.write_bytes(b"a,b\n" * 500_000)
    page.goto("/")
    line = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 800_000}
    line.send("Network.emulateNetworkConditions", slow)

    # When the file is chosen
    page.set_input_files("#file", source)

    # Then the page says how much of it has gone, and cancelling leaves no job
    expect(page.locator(".upload-words")).to_have_text(re.compile(r"Uploading… [1-9]\d? %"))
    bar = page.get_by_role("progressbar", name="Upload of large.csv")
    assert 0 < bar.evaluate("bar => bar.value") < 1
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".upload")).to_have_count(0)
    expect(page.locator("#jobs .row")).to_have_count(0)


def test_when_a_file_may_begin_and_its_tags_go_with_it(page: Page, stub: Stub) -> None:
    """Folded away until wanted; what is set there is told while it is folded, and stays."""
    # Given the page: a file is sent with nothing beside it
    page.goto("/")
    page.set_input_files("#file", CSV)
    expect(page.locator("#jobs .row")).to_have_count(1)
    expect(page.get_by_label("Begin at")).to_be_hidden()

    # When a time of this device's clock and tags are given, and a file is chosen
    more = page.locator("#extras-title")
    more.click()
    page.get_by_label("Begin at").fill("2036-12-01T22:00")
    page.get_by_role("textbox", name="Tags").fill(" off-peak, customer:7,")
    more.click()
    expect(more).to_have_text(re.compile(r"More: begins .*2036.*; off-peak, customer:7"))
    page.set_input_files("#file", CSV)
    expect(page.locator("#jobs .row")).to_have_count(2)

    # Then they are sent as the gateway takes them, of any place on earth
    utc = page.evaluate("new Date('2036-12-01T22:00').toISOString()")
    told = {"not_before": utc, "tags": "off-peak,customer:7"}
    assert list(stub.said.values()) == [{}, told]


def test_what_is_not_whole_beside_a_file_is_told_before_it_is_sent(page: Page, stub: Stub) -> None:
    """A date without a time would begin at once, and a wrong tag is found after the upload."""
    # Given a wrong tag, folded away
    page.goto("/")
    more, tags = page.locator("#extras-title"), page.get_by_role("textbox", name="Tags")
    more.click()
    tags.fill("off peak")
    more.click()

    # When a file is chosen, then it is unfolded, and told why nothing is sent
    page.set_input_files("#file", CSV)
    expect(tags).to_be_focused()
    fault = "off peak: a tag has 1 to 64 characters of A-Z a-z 0-9 . _ : -"
    assert tags.evaluate("input => input.validationMessage") == fault

    # When the tag is right, but the time has no hour
    tags.fill("off-peak")
    begin = page.get_by_label("Begin at")
    begin.focus()
    page.keyboard.type("12")
    page.set_input_files("#file", CSV)

    # Then that is told, and when it is whole the file is sent
    expect(begin).to_be_focused()
    assert begin.evaluate("input => input.validity.badInput")
    assert stub.uploads == {}
    begin.fill("")
    page.set_input_files("#file", CSV)
    expect(page.locator("#jobs .row")).to_have_count(1)
    assert list(stub.said.values()) == [{"tags": "off-peak"}]


def test_the_gateway_may_live_at_another_origin(page: Page, stub: Stub, watch: Watch) -> None:
    """The address written into the page is posted to, preflight and all."""
    # Given a page whose gateway has another address
    with Server(stub) as gateway:
        stub.gateway_url = gateway.url
        watch.origins.add(gateway.url)
        page.goto("/")

        # When a file is chosen
        with page.expect_response(f"{gateway.url}/generate-file"):
            page.set_input_files("#file", CSV)

        # Then it is sent there, and its job is in the list
        expect(page.locator("#jobs .row")).to_contain_text("penguins.csv")
