"""Jobs that flow through a storm."""

import random
import time
from collections.abc import Iterator
from itertools import islice
from typing import Final

from support.kafka.cluster import Cluster
from support.status.records import Records
from support.status.service import Writer, Written
from support.status.storm.form import Form

#: Jobs at work at once; what one transaction carries, as a frame of a stage does.
_AT_ONCE: Final = 200
_FRAME: Final = 40
_BASES: Final = {1: 30, 2: 70}


class Flow:
    """Writes the lives of jobs as stages do; `ends` is how each has ended."""

    def __init__(self, cluster: Cluster, form: Form) -> None:
        self._cluster, self._form = cluster, form
        self._records = Records(cluster.codec)
        self._rng = random.Random(form.seed)
        self._writer = Writer(cluster)
        self.submitted: list[str] = []
        self.ends: dict[str, str] = {}

    def write(self) -> None:
        """All of them; blocks for about the seconds of the form."""
        began = time.monotonic()
        names = iter([f"job-{number}" for number in range(self._form.jobs)])
        living: dict[str, Iterator[Written]] = {}
        while len(self.ends) < self._form.jobs:
            room = min(_FRAME, _AT_ONCE - len(living))
            self._submit(list(islice(names, room)), living)
            self._step(living)
            share = len(self.ends) / self._form.jobs
            time.sleep(max(0.0, min(0.5, began + share * self._form.seconds - time.monotonic())))

    def _submit(self, names: list[str], living: dict[str, Iterator[Written]]) -> None:
        if not names:
            return
        self._writer.commit(
            *(Written("jobs.submitted", name, self._records.submission(name)) for name in names)
        )
        living.update((name, self._life(name)) for name in names)
        self.submitted += names

    def _step(self, living: dict[str, Iterator[Written]]) -> None:
        chosen = self._rng.sample(sorted(living), min(_FRAME, len(living)))
        said = {name: next(living[name], None) for name in chosen}
        frame = [written for written in said.values() if written and written.topic == "job-state"]
        if frame:
            self._writer.commit(*frame)
        for written in said.values():
            if written and written.topic == "job-progress":
                self._cluster.produce("job-progress", key=written.key.encode(), value=written.value)
        self._cluster.flush()
        for name in [name for name, written in said.items() if written is None]:
            del living[name]

    def _life(self, name: str) -> Iterator[Written]:
        records, rng = self._records, self._rng
        for stage, base in _BASES.items():
            reached = base
            for _ in range(rng.choice((1, 1, 1, 2))):  # a stage may start over
                state = records.state(name, f"PROCESS_{stage}_RUNNING")
                yield Written("job-state", name, state)
                for _ in range(rng.randrange(3)):
                    reached = max(reached, base + rng.randrange(19))
                    report = records.report(name, reached, stage_index=stage)
                    yield Written("job-progress", name, report)
            if rng.random() < 0.05:
                value = records.state(name, "FAILED", stage_index=stage, progress=reached)
                yield Written("job-state", name, value)
                self.ends[name] = "FAILED"
                return
            status = "PROCESS_1_DONE" if stage == 1 else "COMPLETED"
            yield Written("job-state", name, records.state(name, status))
        self.ends[name] = "COMPLETED"
