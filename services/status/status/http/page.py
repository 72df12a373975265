"""Routes of the page that people look at."""

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

STATIC: Final = Path(__file__).parents[1] / "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRoutes:
    """*gateway_url* is where the page submits files; empty: its own origin.

    *statuses* are all that a job can have: the page asks for those of a group by name. *stages* are
    where a job may begin again.
    """

    gateway_url: str
    statuses: tuple[str, ...]
    stages: tuple[str, ...]

    def routes(self) -> list[BaseRoute]:
        return [Route("/", self.index), Mount("/static", _Static(directory=STATIC))]

    async def index(self, _request: Request) -> Response:
        text = (STATIC / "index.html").read_text(encoding="utf-8")
        page = text.replace("__GATEWAY_URL__", html.escape(self.gateway_url))
        page = page.replace("__STATUSES__", html.escape(" ".join(self.statuses)))
        page = page.replace("__STAGES__", html.escape(" ".join(self.stages)))
        headers = {
            "Content-Security-Policy": self._policy(),
            # It names scripts by fixed paths: an old page with new scripts would not work.
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }
        return HTMLResponse(page, headers=headers)

    def _policy(self) -> str:
        gateway = urlsplit(self.gateway_url)
        origin = f" {gateway.scheme}://{gateway.netloc}" if gateway.netloc else ""
        return (
            f"default-src 'self'; connect-src 'self'{origin}; img-src 'self' data:; "
            "style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )


class _Static(StaticFiles):
    """Files that are asked for again at each visit, so that a new version shows at once."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
