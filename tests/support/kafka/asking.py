"""A process that asks about a group without end, by the parts a stage asks with.

    python -m support.kafka.asking BOOTSTRAP_SERVERS GROUP TOPIC

It prints `committed` and `members` for an answer, and `asks another` when it has lost patience with
a client that was asked for the members. It ends with its standard input.
"""

import itertools
import sys
import threading
from typing import Final

from headway.base.clock import SystemClock
from headway.edges import kafka
from headway.edges.groupreaders import GroupReaders, group_reader
from headway.owning.committed import CommittedOffsets
from headway.owning.lives import Lives

_TURN_SECONDS: Final = 0.05
_INDEXES: Final = (0, 1)


def main() -> None:
    """Ask until nobody listens any more."""
    servers, group, topic = sys.argv[1:]
    options, clock, ended = {"bootstrap.servers": servers}, SystemClock(), threading.Event()
    readers = GroupReaders(lambda: group_reader(options, group))
    committed = CommittedOffsets(readers, clock=clock)
    committed.ask((topic, index) for index in _INDEXES)
    lives = _lives(options, group, clock)
    threading.Thread(target=_await_end, args=(ended,), daemon=True).start()
    while not ended.wait(_TURN_SECONDS):
        for place in committed.answers():
            _tell("committed")
            committed.ask([(place.topic, place.partition)])
        # Each is a name never asked about, so that "ended" means: the group was asked since.
        if lives.ended("somebody") is not None:
            _tell("members")
            lives = _lives(options, group, clock)


def _await_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def _lives(options: kafka.Options, group: str, clock: SystemClock) -> Lives:
    made = itertools.count()

    def make() -> kafka.AdminClient:
        if next(made):
            _tell("asks another")
        return kafka.admin_client(options)

    return Lives(make, group, own="own", away_seconds=0, clock=clock)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
