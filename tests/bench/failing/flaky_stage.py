"""A stage whose every FAILING-th job fails once: `python flaky_stage.py p1`; each takes a while."""

import os
import sys
import time

from support.kafka.payloads import payload_of

from headway.base.errors import TransientError
from headway.declared.handler import Context, Done, Job
from headway.declared.retry import RetryPolicy
from headway.declared.stage import Stage, StageSettings
from headway.running import lifecycle

#: Not in place: what fails waits for its later try.
_LATER = RetryPolicy(calls=1, first_seconds=0.0, longest_seconds=0.0)


def main() -> None:
    """Run the stage named on the command line."""
    name, failing = sys.argv[1], int(os.environ["FAILING"])
    seconds = float(os.environ["SLEEP_SECONDS"])
    done, failed = Done(payload_of(name)), set[str]()

    def handler(job: Job, _context: Context) -> Done:
        time.sleep(seconds)
        number = int(job.job_id.removeprefix("job-"))
        # Neighbours are of different customers, and a customer's jobs fail in turn.
        turn = number // 600 * 7 + number
        if failing and turn % failing == 0 and job.job_id not in failed:
            failed.add(job.job_id)
            raise TransientError("once")
        return done

    lifecycle.run(StageSettings, lambda _: Stage(name, handler, retry=_LATER))


if __name__ == "__main__":
    main()
