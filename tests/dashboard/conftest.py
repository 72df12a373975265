"""A real Chromium, a stub of the services, and a page that is watched for misbehaviour."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
)
from support.chromium import chromium
from support.waiting import DEADLINE_SECONDS

from dashboard.server import Server
from dashboard.stub import Stub


@dataclass
class Watch:
    """What a page did that no page should."""

    origins: set[str]
    #: The test breaks the network: the browser's own reports of that are no fault of the page.
    breaks_network: bool = False
    faults: list[str] = field(default_factory=list)
    network_reports: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self.request)

    def console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        of_network = message.text.startswith("Failed to load resource")
        (self.network_reports if of_network else self.faults).append(message.text)

    def request(self, request: Request) -> None:
        if not request.url.startswith((*self.origins, "data:", "blob:")):
            self.faults.append(f"request to {request.url}")

    def verdict(self) -> list[str]:
        return self.faults + ([] if self.breaks_network else self.network_reports)


# Of the package, not the session: while it lives, no other test in this thread can run a loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def address() -> Iterator[Server]:
    """One address for all tests, so that the browser keeps what it has loaded."""
    with Server(Stub()) as server:
        yield server


@pytest.fixture(scope="package")
def context(browser: Browser, address: Server) -> Iterator[BrowserContext]:
    viewport: ViewportSize = {"width": 1180, "height": 860}
    context = browser.new_context(base_url=address.url, viewport=viewport)
    context.set_default_timeout(DEADLINE_SECONDS * 1000)
    yield context
    context.close()


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
def server(address: Server, stub: Stub) -> Iterator[Server]:
    address.serve(stub)
    yield address
    if not address.running:
        address.start()


@pytest.fixture
def watch(server: Server) -> Watch:
    return Watch(origins={server.url})


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Iterator[Page]:
    """A new tab at the stub's address; its faults fail the test."""
    page = context.new_page()
    watch.over(page)
    yield page
    page.close()
    context.set_offline(offline=False)
    context.clear_permissions()
    assert watch.verdict() == []


@pytest.fixture
def timeless_page(browser: Browser, server: Server, watch: Watch) -> Iterator[Page]:
    """A page whose clock the test sets; a clock is its context's for good, so it has its own."""
    context = browser.new_context(base_url=server.url)
    context.set_default_timeout(DEADLINE_SECONDS * 1000)
    page = context.new_page()
    watch.over(page)
    page.clock.install()
    yield page
    context.close()
    assert watch.verdict() == []
