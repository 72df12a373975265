"""Random lives of jobs, as their records tell them."""

import itertools
import random
import threading
from collections.abc import Iterator

from support.status.records import STEPS, Records
from support.status.service import Writer, Written

from headway.wire.codec import Codec


class History:
    """A random life of jobs: states, progress, failures, deletions, garbage, aborted frames."""

    def __init__(self, codec: Codec, *, seed: int) -> None:
        self.records = Records(codec)
        self._rng = random.Random(seed)
        self._numbers = itertools.count()

    def write(self, writer: Writer, over: threading.Event) -> None:
        """Write it in small transactions until *over* is set and every life is at its end."""
        lives = [self._new_life() for _ in range(20)]
        while lives:
            self._rng.shuffle(lives)
            frame = [life.pop(0) for life in lives[:6]]
            if self._rng.random() < 0.1:
                value = self.records.state("job-1", "ABORTED")
                writer.abort(Written("job-state", "job-1", value))
            writer.commit(*frame)
            lives = [life for life in lives if life]
            if not over.is_set():
                lives += [self._new_life() for _ in range(20 - len(lives))]

    def _new_life(self) -> list[Written]:
        return list(self._life(f"job-{next(self._numbers)}"))

    def _life(self, job_id: str) -> Iterator[Written]:
        rng, records = self._rng, self.records
        yield Written("jobs.submitted", job_id, records.submission(job_id))
        reached = 0
        for status, (percent, stage_index, step) in STEPS.items():
            reached = max(reached, {1: 30, 2: 70}[stage_index])
            if rng.random() < 0.1:
                failed = records.state(job_id, "FAILED", stage_index=stage_index, progress=reached)
                yield Written("job-state", job_id, failed)
                return
            yield Written("job-state", job_id, records.state(job_id, status))
            if rng.random() < 0.2:
                yield Written("job-state", job_id, b"garbage")
            if step == 0:
                for _ in range(rng.randrange(4)):
                    reached = max(reached, percent + rng.randrange(15))
                    report = records.report(job_id, reached, stage_index=stage_index)
                    yield Written("job-progress", job_id, report)
        if rng.random() < 0.1:
            yield Written("job-state", job_id, None)
