"""What one frame says of a key comes in the order in which it ended."""

import pytest
from support.rooms.transactions import (
    COMMIT,
    Cluster,
    failed_task,
    finished_task,
    frame_of,
    open_sink,
)

from headway.wire.records import StageRecords


@pytest.mark.parametrize("ends", ["failed finished", "finished failed", "finished failed finished"])
def test_ends_of_one_job_are_said_in_their_order(first: StageRecords, ends: str) -> None:
    """A compacted topic keeps the last one: attempts of a job may end within one frame."""
    # Given ends of different kinds of one job, among those of another
    cluster = Cluster()
    made = {
        "failed": lambda: failed_task("job", named=True),
        "finished": lambda: finished_task("job"),
    }
    tasks = [task for end in ends.split() for task in (made[end](), finished_task("another"))]

    # When they are said in one frame
    open_sink(cluster, first).write(frame_of(*tasks), COMMIT)

    # Then their states are queued one behind the other, as they ended
    (states,) = [
        call.args[1]
        for call in cluster.producer.produce_batch.call_args_list
        if call.args[0] == "job-state"
    ]
    of_job = [record["value"] for record in states if record["key"] == b"job"]
    assert ["finished" if value == b"state" else "failed" for value in of_job] == ends.split()
