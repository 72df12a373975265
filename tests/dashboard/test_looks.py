"""How the dashboard looks and behaves for different eyes, hands and screens."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.schedules.planner import soon
from dashboard.server import Server
from dashboard.stub import Stub

pytestmark = pytest.mark.browser

#: The contrast of every text with what is painted behind it; WCAG AA asks 4.5 of small text.
LOW_CONTRAST = """() => {
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => ({
    r: top.r * top.a + below.r * (1 - top.a),
    g: top.g * top.a + below.g * (1 - top.a),
    b: top.b * top.a + below.b * (1 - top.a),
    a: 1,
  });
  const behind = (node) => {
    if (!node) return { r: 255, g: 255, b: 255, a: 1 };
    const own = parse(getComputedStyle(node).backgroundColor);
    return own.a === 1 ? own : over(own, behind(node.parentElement));
  };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const s = part / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const low = [];
  let seen = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    const back = behind(node);
    const front = over(parse(getComputedStyle(node).color), back);
    const [dark, bright] = [light(back), light(front)].sort((a, b) => a - b);
    seen += 1;
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < 4.5) low.push(`${node.textContent.trim()}: ${contrast.toFixed(2)}`);
  }
  return { seen, low };
}"""

Scheme = Literal["light", "dark"]


def fill(stub: Stub) -> dict[str, str]:
    """One job of each kind, by name."""
    board = stub.board
    jobs = {
        "done": board.submit("penguins.csv", age_seconds=90),
        "failed": board.submit("broken export (final) v2.csv", age_seconds=400),
        "running": board.submit("a-name-without-a-single-space-" * 6 + ".csv", age_seconds=14),
        "queued": board.submit("queued.csv"),
    }
    board.move(jobs["running"], "PROCESS_1_RUNNING", 41, note="column 5 of 9: wind_speed_" * 4)
    board.fail(jobs["failed"], "Row 1,204 has 9 fields where the header has 7. " * 3)
    board.complete(jobs["done"])
    retrying = board.submit("retrying.csv", age_seconds=500)
    board.postpone(retrying, 95, attempt=2)
    ended = board.submit("ended.csv", age_seconds=600)
    board.move(ended, "CANCELLED", 30)
    held = board.submit("held.csv", age_seconds=700, tags=["off-peak", "t" * 64])
    board.hold(held, 9000)
    stub.planner.rule("a-rule-of-a-long-name-" * 6, pending=1204, paused=True, paused_by="ann")
    stub.planner.rule("old", "forget", done=7)
    stub.planner.run("old", matched=30, dry=True, finished_at=soon(0))
    stub.planner.window("p2", next_at=soon(9000))
    letter = stub.mailroom.fail("a-dead-letter.csv", "The row of one has two. " * 9)
    stub.mailroom.fill(letter, b"a,b\n1,2,3\n" * 900, {"headway.carried": bytes(range(200))})
    board.pause({"stage": "p1", "reason": "too many dead letters", "since": "2026-11-28T12:03:00Z"})
    return jobs | {"retrying": retrying, "ended": ended, "held": held}


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1180)])
def test_every_page_fits_its_screen_and_is_readable(
    page: Page,
    stub: Stub,
    scheme: Scheme,
    width: int,
    tmp_path: Path,
) -> None:
    """No sideways scrolling with the longest of names, and contrast of at least 4.5 to 1."""
    # Given jobs of every kind with long names, on a screen of this width and scheme
    jobs = fill(stub)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 740})
    views = {name: f"/#/jobs/{job_id}" for name, job_id in jobs.items()}
    views |= {
        "schedules": "/#/schedules",
        "list": "/#/",
        "letters": "/#/dead-letters",
        "letter": "/#/dead-letters/p1.dlq/0/0",
        "flow": "/#/pipeline",
    }
    stub.meter.fill()
    for name, address in views.items():
        # When the lists, each job's page and a dead letter are shown
        page.goto(address)
        parts = ("#jobs .row", "#job-percent", "#letters .row", ".bytes", ".rule", ".chart-card")
        shown = ", ".join(f"{part}:visible" for part in parts)
        expect(page.locator(shown).first).to_be_visible()
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

        # Then nothing is wider than the screen, and every text stands out from what is behind it
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), name
        contrasts: dict[str, Any] = page.evaluate(LOW_CONTRAST)
        assert contrasts["low"] == []
        assert contrasts["seen"] > 10


def test_everything_can_be_done_by_keyboard(page: Page, stub: Stub) -> None:
    """Tab passes skip link, brand, views, what is submitted, filters and search, then the rows."""
    # Given a list with a job
    job_id = stub.board.submit("reachable.csv")
    page.goto("/")
    expect(page.locator("#jobs .row")).to_have_count(1)
    passed = []

    # When Tab is pressed again and again
    for _ in range(17):
        page.keyboard.press("Tab")
        passed.append(
            page.evaluate("document.activeElement.id || document.activeElement.className")
        )

    # Then it passes everything in order, what has the focus is outlined, and Enter opens the job
    chips = ["chip"] * 5
    head = ["skip", "brand", "nav-jobs", "nav-flow", "nav-letters", "nav-schedules"]
    assert passed == [*head, "file", "delimiter", "extras-title", *chips, "search", "row-title", ""]
    page.locator(".row-title").focus()
    outline = "getComputedStyle(document.activeElement, '::after').outlineStyle"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.partition('#')[0]}#/jobs/{job_id}")


def test_the_page_has_landmarks_and_named_parts(page: Page, stub: Stub) -> None:
    """A screen reader finds its way by roles and names."""
    # Given a finished job
    stub.board.complete(stub.board.submit("named.csv"))

    # When the page is opened
    page.goto("/")

    # Then its parts and the job are found by their roles and names
    expect(page.get_by_role("banner")).to_be_visible()
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_role("region", name="Turn a data file into a report")).to_be_visible()
    jobs = page.get_by_role("region", name="Jobs").get_by_role("list", name="Jobs")
    expect(jobs.get_by_role("link", name="named.csv")).to_be_visible()
    expect(page.get_by_label("Separator")).to_be_visible()


def test_reduced_motion_is_respected(page: Page) -> None:
    """Nothing glides for a reader who asked for stillness."""
    # Given a reader who asked for stillness
    page.emulate_media(reduced_motion="reduce")
    page.goto("/")

    # When it is asked how long a change of the drop zone takes
    transition = page.evaluate(
        "getComputedStyle(document.getElementById('dropzone')).transitionDuration",
    )

    # Then it takes no time
    assert transition == "0s"


def test_nothing_is_asked_of_other_addresses(page: Page, stub: Stub) -> None:
    """Page, list, job and events come from one origin, under a policy that allows no other."""
    # Given a job, and a list of all that a page asks for
    job_id = stub.board.submit("local.csv")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    # When the list and the job's page are opened
    response = page.goto("/")
    expect(page.locator("#jobs .row")).to_have_count(1)
    page.goto(f"/#/jobs/{job_id}")
    expect(page.locator("#job-percent")).to_be_visible()

    # Then all came from one origin, and the policy allows no other
    origin = page.url.partition("/#")[0]
    assert len(asked) > 20
    assert [url for url in asked if not url.startswith(origin)] == []
    assert response is not None
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_a_page_without_a_secure_context_makes_keys_too(browser: Browser, server: Server) -> None:
    """Plain http on another host has no crypto.randomUUID; the fallback is a UUID as well."""
    # Given the page
    page = browser.new_page(base_url=server.url)
    page.goto("/")

    # When keys are made where the browser makes none itself
    keys = page.evaluate(
        """async () => {
          Object.defineProperty(crypto, "randomUUID", { value: undefined });
          const { freshKey } = await import("/static/submit/key.js");
          return [freshKey(), freshKey()];
        }""",
    )
    page.close()

    # Then they are different and of the form of a random UUID
    assert len(set(keys)) == 2
    assert all(len(key) == 36 and key[14] == "4" and key[19] in "89ab" for key in keys)
