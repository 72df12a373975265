"""Whoever gives commands: a producer of records, and clients of the gateway's routes."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

import httpx
from support.kafka.cluster import Cluster
from support.kafka.writing import sure_producer
from support.waiting import wait_until

from chaos.failures.plan import CANCEL, Order
from chaos.load import TRY_AGAIN
from headway.edges import kafka

#: One command in so many goes by HTTP.
_BY_HTTP_EVERY: Final = 3
_MOST_PRODUCED_SECONDS: Final = 60.0


class Desk:
    """Gives commands; `given` counts them by kind and way."""

    def __init__(self, cluster: Cluster, gateway: str) -> None:
        self.given: Counter[str] = Counter()
        self.refusals: list[str] = []
        self._cluster = cluster
        self._gateway = gateway
        # A command must outlive a broker that is away for long.
        self._producer = sure_producer(cluster.options, linger_ms=5, message_timeout_ms=300_000)
        self._threads = ThreadPoolExecutor(4)
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()
        assert self._producer.flush(_MOST_PRODUCED_SECONDS) == 0

    def give(self, order: Order, job_id: str, command_id: str) -> None:
        """Have it written as often as it says; does not wait."""
        self._number += 1
        by_http = self._number % _BY_HTTP_EVERY == 0
        for _ in range(order.copies):
            if by_http:
                self._threads.submit(self._ask, order, job_id, command_id)
            else:
                self._write(order, job_id, command_id)

    def serve(self) -> None:
        """Hear what the broker acknowledged; to be called now and then by whoever gives."""
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until all that was written is acknowledged."""
        assert self._producer.flush(_MOST_PRODUCED_SECONDS) == 0

    def _write(self, order: Order, job_id: str, command_id: str) -> None:
        self.given[f"{order.kind} by a record"] += 1
        command = {
            "command_id": command_id,
            "kind": order.kind,
            "job_id": job_id,
            "attempt": order.of,
            "stage": order.stage,
            "by": "chaos",
        }
        self._producer.produce(
            self._cluster.catalog["job-commands"].name,
            self._cluster.codec.encode("job-command", command),
            job_id.encode(),
            on_delivery=self._delivered,
        )

    def _delivered(self, error: object, message: kafka.Message) -> None:
        if error is not None:
            self.refusals.append(f"{message.key()!r}: {error}")

    def _ask(self, order: Order, job_id: str, command_id: str) -> None:
        """Until it is accepted, under one key for all tries."""
        body: dict[str, object] = {"attempt": order.of}
        if order.kind != CANCEL:
            body["stage"] = order.stage

        def accepted() -> int | None:
            try:
                code = httpx.post(
                    f"{self._gateway}/jobs/{job_id}/{order.kind}",
                    json=body,
                    headers={"Idempotency-Key": command_id},
                    timeout=30,
                ).status_code
            except httpx.TransportError:
                return None
            return None if code in TRY_AGAIN else code

        try:
            code = wait_until(accepted)
        except Exception as error:  # noqa: BLE001 - nobody asks what became of a thread's work
            self.refusals.append(f"{order.kind} of {job_id}: {error!r}")
            return
        if code == httpx.codes.ACCEPTED:
            self.given[f"{order.kind} over HTTP"] += 1
        else:
            self.refusals.append(f"{order.kind} of {job_id}: the gateway answered {code}")
