"""Who watches the hub, without a stream."""

from collections.abc import Callable

from support.status.events.sse import Event, Parser

from status.events.client import Client

TICK_SECONDS = 0.03


class Watcher:
    """A client and what reads its bytes; ids carry over from one sending to the next."""

    def __init__(self, client: Client, last_id: str) -> None:
        self.client = client
        self._parser = Parser(last_id)
        client.listen()

    @property
    def dropped(self) -> bool:
        return self.client.ended.is_set()

    def chunks(self) -> list[bytes]:
        """What waits, taken out."""
        data = [chunk.data for chunk in self.client._waiting]
        self.client.listen()
        return data

    def received(self) -> list[Event]:
        return list(self._parser.feed(b"".join(self.chunks()).decode().split("\n")))

    def statuses(self) -> list[tuple[str, str]]:
        return [(event.json()["job_id"], event.json()["status"]) for event in self.received()]


Watch = Callable[..., Watcher]
