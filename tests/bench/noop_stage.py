"""A stage whose handler does nothing, or sleeps SLEEP_SECONDS: `python noop_stage.py p1`."""

import os
import sys
import time

from support.kafka.payloads import payload_of

from headway.declared.handler import Context, Done, Job
from headway.declared.stage import Stage, StageSettings
from headway.running import lifecycle


def main() -> None:
    """Run the stage named on the command line."""
    name, seconds = sys.argv[1], float(os.environ.get("SLEEP_SECONDS", "0"))
    done = Done(payload_of(name))

    def handler(_job: Job, _context: Context) -> Done:
        if seconds:
            time.sleep(seconds)
        return done

    lifecycle.run(StageSettings, lambda _: Stage(name, handler))


if __name__ == "__main__":
    main()
