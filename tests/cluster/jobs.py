"""Jobs through the Services, as a client has them done."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from support.waiting import wait_until

from cluster.entry import Forward

_PATIENCE_SECONDS: Final = 900.0
_ENDS: Final = ("COMPLETED", "FAILED", "CANCELLED")
#: Some 4 MB: half a second of CPU in a stage, so that jobs are met at work; and far above what goes
#: into a record.
_ROWS: Final = 200_000


def a_file(rows: int = _ROWS) -> bytes:
    lines = (f"{n},{n % 97},{n * 7 % 1009 / 10},word {n % 13}" for n in range(rows))
    return "\n".join(("id,group,value,name", *lines)).encode()


@dataclass(slots=True)
class Client:
    """Submits at the gateway, asks at status; remembers what was accepted."""

    gateway: Forward
    status: Forward
    accepted: list[str] = field(default_factory=list)

    def submit(self, content: bytes, key: str, **fields: str) -> str:
        """The id of a job that was accepted; *key* makes a repetition the same job."""
        answer = self.gateway.request(
            "POST",
            "/generate-file",
            files={"file": (f"{key}.csv", content, "text/csv")},
            data=fields,
            headers={"Idempotency-Key": key},
        )
        answer.raise_for_status()
        job_id: str = answer.json()["job_id"]
        self.accepted.append(job_id)
        return job_id

    def release(self, job_id: str) -> None:
        """Have a job begin that is held."""
        self.gateway.request("POST", f"/jobs/{job_id}/release").raise_for_status()

    def wait_held(self, job_id: str) -> dict[str, Any]:
        """The job, once it is SCHEDULED."""
        held: dict[str, Any] = {}

        def is_held() -> bool:
            held.update(self.job(job_id))
            return bool(held["status"] == "SCHEDULED")

        wait_until(is_held, lambda: held, seconds=_PATIENCE_SECONDS, pause_seconds=0.5)
        return held

    def job(self, job_id: str) -> dict[str, Any]:
        answer = self.status.request("GET", f"/jobs/{job_id}")
        return answer.json() if answer.is_success else {"status": "UNKNOWN"}

    def wait_ended(self) -> dict[str, int]:
        """Until every job that was accepted has ended; how often each end is."""
        waiting, ends = list(self.accepted), dict.fromkeys(_ENDS, 0)

        def all_ended() -> bool:
            for job_id in list(waiting):
                status = self.job(job_id)["status"]
                if status in _ENDS:
                    ends[status] += 1
                    waiting.remove(job_id)
                elif len(waiting) > 1:
                    break
            return not waiting

        wait_until(all_ended, seconds=_PATIENCE_SECONDS, pause_seconds=0.5)
        return ends

    @contextmanager
    def load(self, name: str, count: int) -> Iterator[None]:
        """*count* jobs, submitted beside what the block does; ends when all are accepted."""
        content, faults = a_file(), list[BaseException]()

        def submit() -> None:
            try:
                for number in range(count):
                    self.submit(content, f"{name}-{number}")
            except BaseException as error:  # noqa: BLE001 - told by whoever waits
                faults.append(error)

        thread = threading.Thread(target=submit, daemon=True)
        thread.start()
        yield
        thread.join()
        if faults:
            raise faults[0]
