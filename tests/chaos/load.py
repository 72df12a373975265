"""Jobs by both ways in: many at once from a producer, and one after another over HTTP."""

import threading
import time
import uuid
from collections import Counter
from typing import Final, Self

import httpx
from support.kafka.cluster import Cluster

_PRODUCED_AT_ONCE: Final = 5000
_TRY_AGAIN_SECONDS: Final = 0.2
#: Another try under the same Idempotency-Key is at work, or Kafka is away.
TRY_AGAIN: Final = frozenset({409, 503})


def backlog(cluster: Cluster, count: int, *, title: str, prefix: str = "bulk") -> list[str]:
    """Submit *count* jobs as a producer does; waits for the broker. Their ids."""
    job_ids = [f"{prefix}-{number:06}" for number in range(count)]
    for start in range(0, count, _PRODUCED_AT_ONCE):
        cluster.submit(job_ids[start : start + _PRODUCED_AT_ONCE], title=title)
    return job_ids


class Clients:
    """Submits over HTTP, each job until it is accepted, with one key for all its tries."""

    def __init__(self, url: str, *, per_second: float, title: str) -> None:
        self.accepted: list[str] = []
        #: Answers by status code, 0 for none.
        self.answers: Counter[int] = Counter()
        self.refusals: list[str] = []
        self._url = f"{url}/generate-file"
        self._title = title
        self._pause_seconds = 1 / per_second
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._submit_all, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End after the submission at hand; it is accepted first."""
        self._ended.set()
        self._thread.join()

    def _submit_all(self) -> None:
        while not self._ended.wait(self._pause_seconds):
            headers = {"Idempotency-Key": uuid.uuid4().hex}
            while not self._accepted(headers):
                time.sleep(_TRY_AGAIN_SECONDS)

    def _accepted(self, headers: dict[str, str]) -> bool:
        """One try; what is refused for good is noted, and tried no more."""
        job = {"title": self._title, "content": "a,b\n1,2\n3,4\n"}
        try:
            answer = httpx.post(self._url, json=job, headers=headers, timeout=30)
        except httpx.TransportError:
            self.answers[0] += 1
            return False
        self.answers[answer.status_code] += 1
        if answer.status_code == httpx.codes.ACCEPTED:
            self.accepted.append(answer.json()["job_id"])
        elif answer.status_code in TRY_AGAIN:
            return False
        else:
            self.refusals.append(answer.text)
        return True
