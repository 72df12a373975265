"""What groups of stages have committed, asked once by whoever can wait for it."""

import time
from collections.abc import Iterable
from functools import partial
from typing import Final

from headway.base.clock import SystemClock
from headway.base.errors import TransientError
from headway.edges import kafka
from headway.edges.groupreaders import GroupReaders, group_reader
from headway.owning.committed import CommittedOffsets
from headway.owning.place import Place

_ANSWER_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.02


def committed(options: kafka.Options, group: str, places: Iterable[Place]) -> dict[Place, int]:
    """The offset below which *group* is done in each of *places*; without those it never read.

    Blocks for half a minute at most.

    Raises:
        TransientError: not all of it was answered by then.
    """
    asked, found = set(places), dict[Place, int]()
    offsets = CommittedOffsets(GroupReaders(partial(group_reader, options, group)), clock=_CLOCK)
    deadline = _CLOCK.monotonic() + _ANSWER_SECONDS
    try:
        offsets.ask(asked)
        while found.keys() != asked:
            found |= {(each.topic, each.partition): each.offset for each in offsets.answers()}
            if _CLOCK.monotonic() > deadline:
                raise TransientError(f"what {group} has committed is not told: {offsets.trouble}")
            time.sleep(_PAUSE_SECONDS)
    finally:
        offsets.close()
    return {place: offset for place, offset in found.items() if offset >= 0}


_CLOCK: Final = SystemClock()
