"""A stage whose handler does nothing, or sleeps SLEEP_SECONDS: `python noop_stage.py p1`.

With BATCH=<size>:<seconds> jobs are handed over together, and it sleeps once for each call.
With FAIL_ONE_IN=10 the first call of one job in ten fails; it is called again later, not in place.
"""

import os
import sys
import time
from collections.abc import Sequence
from zlib import crc32

from support.kafka.payloads import payload_of

from headway.base.errors import TransientError
from headway.declared.handler import Call, Context, Done, Job
from headway.declared.retry import RetryPolicy
from headway.declared.stage import Batch, Stage, StageSettings
from headway.running import lifecycle

_NOT_IN_PLACE = RetryPolicy(calls=1, first_seconds=0, longest_seconds=0)


def main() -> None:
    """Run the stage named on the command line."""
    name, seconds = sys.argv[1], float(os.environ.get("SLEEP_SECONDS", "0"))
    one_in = int(os.environ.get("FAIL_ONE_IN", "0"))
    done, failed = Done(payload_of(name)), set[str]()

    def handler(job: Job, _context: Context) -> Done:
        if seconds:
            time.sleep(seconds)
        if one_in and crc32(job.job_id.encode()) % one_in == 0 and job.job_id not in failed:
            failed.add(job.job_id)
            raise TransientError("the first call fails")
        return done

    def handle_many(calls: Sequence[Call]) -> Sequence[Done]:
        time.sleep(seconds)
        return [done] * len(calls)

    together = os.environ.get("BATCH")
    size, _, waited = (together or "1:0").partition(":")
    many = handle_many if together else None
    batch = Batch(int(size), float(waited), all=True)
    stage = Stage(name, handler, _NOT_IN_PLACE, (), many, batch)
    lifecycle.run(StageSettings, lambda _: stage)


if __name__ == "__main__":
    main()
