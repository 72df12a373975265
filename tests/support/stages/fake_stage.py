"""A stage process over the fakes of the client: `python -m support.stages.fake_stage <what>`.

`topics`: they are as declared, else there are none. `job`: there is one to do. `losing`: every
frame loses its producer. `broken`: its loop meets an error nobody expected.
"""

import sys
from types import SimpleNamespace

from support.fake_kafka import errors
from support.fake_kafka.broker import FakeBroker
from support.stages.script import Script
from support.stages.stage_rig import FakeCluster

from headway.declared.stage import Stage, StageSettings
from headway.running import lifecycle


def main() -> None:
    """Run p2 in a world that is as the command line says."""
    said = set(sys.argv[1:])
    broker = FakeBroker()
    broker.install(SimpleNamespace(setattr=setattr))
    if "topics" in said:
        cluster = FakeCluster(broker)
        if "job" in said:
            cluster.give("p2", "job")
    if "losing" in said:
        broker.faults.fail("commit_transaction", errors.unknown_producer(), times=None)
    if "broken" in said:
        broker.faults.do("poll", _break, times=None)
    lifecycle.run(StageSettings, lambda _: Stage("p2", Script("p2")))


def _break() -> None:
    raise ZeroDivisionError("nobody expected this")


if __name__ == "__main__":
    main()
