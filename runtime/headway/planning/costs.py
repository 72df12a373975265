"""What moving a job costs beside its handlers: measured where it could be, else stated."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Costs:
    """Times in seconds, sizes in bytes. `docs/howto/size.md` says where each figure is from.

    A frame takes `frame` and `record` for each record in it, and waits for its broker beside that.
    """

    #: From the begin of a transaction to its commit, idle: measured, one broker on the machine.
    frame: float = 0.008
    #: Of the same, what each record adds at most: measured, a job has two.
    record: float = 0.000012
    #: From the commit until the next reader has the record: what fits what was measured.
    hop: float = 0.005
    #: A stage that is at work looks for new records this often.
    turn: float = 0.004
    #: A handler that runs for longer is told to have begun, in a frame of its own if need be.
    linger: float = 0.01
    #: Processor time of a stage's loop for a job: measured, `make bench`.
    loop: float = 0.000024
    #: Processor time of a broker for a frame more: measured.
    broker_frame: float = 0.0017
    #: Cores that a broker has for that.
    broker_cores: int = 4
    #: What a broker writes in a second, copies included: stated, no disk was measured.
    broker_bytes: float = 50e6
    #: Bytes that a stage has written for a job: output, states, its part of a frame: measured.
    job_bytes: int = 2700
    #: Copies of each.
    copies: int = 3


#: Nothing costs anything but handlers: the queues of the books.
FREE = Costs(
    frame=0, record=0, hop=0, turn=0, linger=float("inf"), loop=0, broker_frame=0, job_bytes=0
)
