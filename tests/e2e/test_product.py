"""The main road, as a user goes it: a real file, a real browser, the report at the end."""

import os
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from playwright.sync_api import Browser, expect
from support.kafka.cluster import Cluster
from support.processes import Service
from support.product import Product
from support.waiting import DEADLINE_SECONDS

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_PENGUINS = Path(__file__).parents[2] / "demo/penguins.csv"


def test_a_file_becomes_a_report_with_every_step_told(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Submit, follow, fetch: names, percents and files are what the declaration says."""
    # Given the product, and a real data file
    product = Product(start)
    answer = product.upload("penguins.csv", _PENGUINS.read_bytes())
    assert answer.status_code == httpx.codes.ACCEPTED

    # When its links are followed at once, the job is known (read your writes)
    links = answer.json()["links"]
    status = httpx.get(links["status"], timeout=DEADLINE_SECONDS)
    assert status.status_code == httpx.codes.OK
    job = product.wait_for_end(answer.json()["job_id"])

    # Then the status is exact, every step is told, and the files are what they should be
    assert (job["status"], job["progress"]) == ("COMPLETED", 100)
    assert [step["status"] for step in job["timeline"]] == list(cluster.pipeline.steps)
    assert [step["at"] for step in job["timeline"]] == sorted(s["at"] for s in job["timeline"])
    files = {f["media_type"]: httpx.get(product.status + f["href"]) for f in job["result"]}
    page = next(answer.text for kind, answer in files.items() if kind.startswith("text/html"))
    assert "344" in page
    assert "Culmen Length (mm)" in page
    book = next(answer for kind, answer in files.items() if "spreadsheet" in kind)
    assert int(book.headers["content-length"]) == len(book.content)
    assert len(cluster.read(cluster.pipeline.stages[-1].sink)) == 1

    # And nobody knows a job that does not exist
    assert httpx.get(f"{product.status}/jobs/nobody/status").status_code == httpx.codes.NOT_FOUND


@pytest.mark.browser
def test_a_user_submits_in_the_browser_watches_and_downloads(
    start: Callable[..., Service], browser: Browser, tmp_path: Path
) -> None:
    """From the page alone: choose a file, see it move, survive a restart, get the workbook."""
    # Given the dashboard in a real Chromium
    product = Product(start)
    page = browser.new_page(accept_downloads=True)
    page.goto(product.status)
    expect(page.get_by_role("status").first).to_contain_text("Live")

    # When a file is submitted and followed
    page.locator("#file").set_input_files(_PENGUINS)
    page.get_by_role("link", name="Follow this job").click()
    workbook = page.get_by_role("link", name="Download penguins-report.xlsx")
    expect(workbook).to_be_visible()
    expect(page.get_by_role("region", name="Timeline").get_by_role("listitem")).to_have_count(5)

    # Then the workbook can be downloaded, and is one
    with page.expect_download() as download:
        workbook.click()
    saved = tmp_path / "report.xlsx"
    download.value.save_as(saved)
    with ZipFile(saved) as book:
        assert "xl/workbook.xml" in book.namelist()
    page.screenshot(path=os.environ.get("SCREENSHOT", tmp_path / "job.png"), full_page=True)

    # And a restarted status service finds the page again by itself
    status = product.services[-1]
    status.kill()
    status.start()
    page.get_by_role("link", name="All jobs", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Live")
    answer = product.upload("later.csv", b"a,b\n1,2\n")
    assert answer.is_success
    expect(page.get_by_role("link", name="later.csv").first).to_be_visible()
    page.close()
