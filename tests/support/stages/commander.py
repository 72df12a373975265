"""Whoever gives commands, and what became of them."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from support.stages.stage_rig import FakeCluster

from headway.base.errors import StoreUnavailable

AWAY = StoreUnavailable("the store is away")


@dataclass
class Commander:
    """Writes commands into the partition of their job, and reads what became of them."""

    cluster: FakeCluster
    partition: int = 0
    _ids: Any = field(default_factory=count)

    def retry(self, job_id: str, attempt: int, stage: str, **more: Any) -> str:
        return self._give({"kind": "retry", "stage": stage}, job_id, attempt, more)

    def cancel(self, job_id: str, attempt: int = 1, **more: Any) -> str:
        return self._give({"kind": "cancel", "stage": ""}, job_id, attempt, more)

    def release(self, job_id: str, stage: str, attempt: int = 1, **more: Any) -> str:
        return self._give({"kind": "release", "stage": stage}, job_id, attempt, more)

    def reprocess(self, job_id: str, attempt: int, stage: str, from_stage: str, **more: Any) -> str:
        what = {"kind": "reprocess", "stage": stage, "from_stage": from_stage}
        return self._give(what, job_id, attempt, more)

    def forget(self, job_id: str, attempt: int, stage: str, **more: Any) -> str:
        return self._give({"kind": "forget", "stage": stage}, job_id, attempt, more)

    def results(self) -> dict[str, tuple[bool, str]]:
        """Whether each command was accepted, and the reason."""
        found = [record for _, _, record in self.cluster.read("command-results")]
        told = [self.cluster.codec.decode(record.value, "command-result") for record in found]
        return {each["command_id"]: (each["accepted"], each["reason"]) for each in told}

    def result_count(self) -> int:
        return len(self.cluster.read("command-results"))

    def _give(self, what: dict[str, Any], job_id: str, attempt: int, more: dict[str, Any]) -> str:
        command = {
            "command_id": f"command-{next(self._ids)}",
            "job_id": job_id,
            "attempt": attempt,
            "by": "a test",
            **what,
            **more,
        }
        value = self.cluster.codec.encode("job-command", command)
        self.cluster.write("job-commands", job_id.encode(), value, partition=self.partition)
        return str(command["command_id"])


def done_of(cluster: FakeCluster, name: str) -> str:
    """What a job is called that *name* is done with."""
    return cluster.pipeline.stage(name).done.name
