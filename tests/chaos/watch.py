"""Watchers that go from replica to replica, as behind a load balancer."""

import itertools
from collections.abc import Callable, Iterator, Sequence

from support.status.events.sse import Event, SseClient
from support.status.history import Watcher


class SwitchingClient(SseClient):
    """At each connection the next replica, with the id it got from the last."""

    def __init__(self, urls: Sequence[str]) -> None:
        super().__init__(urls[0])
        self._urls = itertools.cycle(urls)

    def _stream(self) -> Iterator[Event]:
        self._url = next(self._urls)
        yield from super()._stream()


def watcher(
    replicas: Sequence[str], path: str, *, begin: Callable[[], bool] = lambda: True
) -> Watcher:
    """One that follows *path* on all *replicas*, one at a time."""
    urls = [replica + path for replica in replicas]
    made = Watcher(urls[0], begin=begin)
    made.client = SwitchingClient(urls)
    return made
