"""What waits for its time: as small as can be, for there may be a million."""

from typing import NamedTuple


class Item(NamedTuple):
    """Of *rule*, due at *due_at* (ms); items sort by that.

    *key* is the job_id for an item about a job, of which there is one at most, else a name that no
    job can have: the rule's own word, `/` and whatever it likes. *attempt* and *stage* are those
    of the job. *data* is the rule's own.
    """

    due_at: int
    key: str
    rule: str
    attempt: int = 0
    stage: str = ""
    data: str = ""
