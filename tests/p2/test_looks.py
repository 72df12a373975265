"""The page in a real browser: nothing overflows, nothing is fetched, hostile text does nothing."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from support.stages.handling import Handlers

HOSTILE = (
    '"<script>document.title=1</script>","""><img src=x onerror=""document.title=1"">",'
    + "very-long-name" * 14
    + "\n"
    + f'"{"unbroken" * 40}","<b onclick=alert(1)>",3\n' * 3
    + '"x","y",4\n'
)


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("file", ["penguins", "hostile"])
def test_the_page_fits_every_screen(
    browser: Browser,
    handlers: Handlers,
    penguins: bytes,
    tmp_path: Path,
    *,
    width: int,
    scheme: str,
    file: str,
) -> None:
    """From a phone to a desk, by day and by night, no line runs out of the screen."""
    # Given the page of an ordinary or a hostile file, and a screen of some width and scheme
    path = tmp_path / "report.html"
    path.write_text(
        handlers.html(penguins if file == "penguins" else HOSTILE, "<i>title</i>"), encoding="utf-8"
    )
    faults: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.on("console", lambda message: faults.append(message.text))
    page.on("request", lambda request: faults.append(request.url))

    # When a browser opens it
    page.goto(path.as_uri())

    # Then it fits, hostile text has done nothing, and nothing else was fetched
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title() == "<i>title</i> \u2013 data report"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 20, 26)"
    assert dark == (scheme == "dark")
    assert faults == [path.as_uri()]
    page.close()
