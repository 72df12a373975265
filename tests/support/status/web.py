"""HTTP to the status service in this process."""

import asyncio
from typing import Any

import httpx
from support.status.rig import Rig


class Web:
    """Sends requests to the service in this process, each in an event loop of its own."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def get(self, path: str, *, method: str = "GET", **settings: Any) -> httpx.Response:
        app = self._rig.app(**settings)

        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://status") as client:
                return await client.request(method, path)

        return asyncio.run(exchange())

    def json(self, path: str) -> dict[str, Any]:
        """The body of an answer that has to be 200."""
        response = self.get(path)
        assert response.status_code == httpx.codes.OK, response.text
        body: dict[str, Any] = response.json()
        return body
