"""A stage whose handler sleeps as long as each job's title says: `python sleeping_stage.py p1`.

The title holds a number of seconds for each stage, in their order.
"""

import sys
import time

from support.kafka.payloads import payload_of

from headway.declared.handler import Context, Done, Job
from headway.declared.pipeline import Pipeline
from headway.declared.stage import Stage, StageSettings
from headway.running import lifecycle


def main() -> None:
    """Run the stage named on the command line."""
    name = sys.argv[1]
    done, index = Done(payload_of(name)), Pipeline.load().stage(name).index - 1

    def handler(job: Job, _context: Context) -> Done:
        time.sleep(float(job.title.split()[index]))
        return done

    lifecycle.run(StageSettings, lambda _: Stage(name, handler))


if __name__ == "__main__":
    main()
