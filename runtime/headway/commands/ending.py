"""The end of an attempt, as the stage that ended it finds it again: what may follow goes by that.

Of each attempt one stage says how it ended, so that stage alone opens the next one or has the job
forgotten: of commands that contradict each other it does the first one it reads.
"""

from typing import Any, Final, TypeAlias

from headway.base.clock import Clock
from headway.base.errors import DecodeError
from headway.commands.answered import Answered
from headway.commands.asking import Asking
from headway.edges.kafka import Message
from headway.taking.task import Task
from headway.wire.codec import Codec
from headway.wire.commands import Answer, Command
from headway.wire.envelope import Envelope, checked
from headway.wire.records import job_id_from

#: The value of a state, decoded.
State: TypeAlias = dict[str, Any]

FORGOTTEN: Final = "the job was forgotten"
_ENVELOPE: Final = (
    "job_id",
    "attempt",
    "order_key",
    "tags",
    "sources",
    "title",
    "submitted_at",
    "submitted_offset",
    "timeline",
)


class Ending:
    """Finds ends, and says why a command is refused where there is none; for workers."""

    def __init__(
        self, stage: str, asking: Asking, codec: Codec, *, topic: str, record: str, clock: Clock
    ) -> None:
        """*topic* is that of the states, as the cluster calls it; *record* what is in it."""
        self._stage = stage
        self._asking = asking
        self._codec = codec
        self._topic = topic
        self._record = record
        self._clock = clock

    def of(self, task: Task, command: Command) -> Envelope | str:
        """The job as the attempt ended that *command* names; why nothing follows that.

        Raises:
            Lost: the work is not ours any more.
        """
        key = command.job_id.encode()
        message = self._seen(task, command, key) or self._asking.newest(task, self._topic, key)
        if message is None:
            return "no such job is known"
        if message.value() is None:
            return FORGOTTEN
        state = self._decoded(message)
        if state is None:
            return "its newest state cannot be read"
        return self._refused(state, command) or {name: state[name] for name in _ENVELOPE}

    def newest(self, task: Task, job_id: str) -> int:
        """The newest attempt that this stage knows at a job; 0: it knows of none."""
        jobs = task.partition.jobs
        parked = jobs.held.lying(job_id)
        known = (parked.attempt if parked else 0, jobs.held.opened.get(job_id, 0))
        return max(*known, jobs.newest(job_id))

    def answered(self, command: Command, reason: str, *, accepted: bool = False) -> Answered:
        """*reason* is all there is to say."""
        return Answered(command, Answer(accepted, reason, self._clock.now_ms()))

    def _seen(self, task: Task, command: Command, key: bytes) -> Message | None:
        """The state that the writer of *command* has seen, where it is the end of the attempt.

        A writer who is wrong about the place must not have another job's end taken for it.
        """
        if command.state_offset < 0:
            return None
        message = self._asking.read_ahead(task, self._topic, command.state_offset)
        if message is None or message.key() != key or message.value() is None:
            return None
        state = self._decoded(message)
        ends = state is not None and self._refused(state, command) is None
        return message if ends else None

    def _decoded(self, message: Message) -> State | None:
        try:
            state: State = self._codec.decode(message.value(), self._record)
            state |= checked({name: state[name] for name in _ENVELOPE})
        except DecodeError:
            return None
        return state if state["job_id"] == job_id_from(message.key()) else None

    def _refused(self, state: State, command: Command) -> str | None:
        attempt, newest = command.attempt, state["attempt"]
        if newest != attempt:
            return f"attempt {attempt} is not the newest, {newest} is: name that one"
        if not state["terminal"]:
            return f"attempt {attempt} is not over: it is {state['status']}"
        if state["stage"] != self._stage:
            return f"attempt {attempt} was ended by {state['stage']}: name that stage"
        return None
