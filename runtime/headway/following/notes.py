"""What records mean to the index of one stage: states of jobs, and commands about them."""

import logging
from typing import Any, Final, NamedTuple

from headway.base.errors import DecodeError, UnknownSchema
from headway.edges import kafka
from headway.following.holdings import HELD, Parked
from headway.following.jobindex import JobIndex
from headway.wire.codec import Codec
from headway.wire.commands import CANCEL, CommandRecords
from headway.wire.records import job_id_from
from headway.wire.states import NOT_BEFORE, WORKER_LOST, attempt_forgotten

logger = logging.getLogger(__name__)

_FIELDS: Final = (
    "attempt",
    "submitted_offset",
    "stage_index",
    "step",
    "terminal",
    "status",
)


class Parking(NamedTuple):
    """Where a stage lays records down, *topics* by the number of the tier (`holdings`).

    *statuses* are those of jobs whose record lies there, *running* that of jobs at work, *held* the
    topic of what is held. With *in_place* what becomes of a record where it is must be known as
    well.
    """

    topics: tuple[str, ...] = ()
    statuses: frozenset[str] = frozenset()
    running: str = ""
    held: str = ""
    in_place: bool = False


_NOWHERE: Final = Parking()


class StateNotes:
    """Takes states into an index."""

    def __init__(
        self, codec: Codec, record: str, stage_index: int, parking: Parking = _NOWHERE
    ) -> None:
        self._codec, self._record = codec, record
        self._decode = codec.head(record, *_FIELDS)
        self._stage_index = stage_index
        self._tiers = {topic: tier for tier, topic in enumerate(parking.topics)}
        self._tiers |= {parking.held: HELD}
        self._parked = parking.statuses
        self._running = parking.running
        self._in_place = parking.in_place

    def __call__(self, message: kafka.Message, jobs: JobIndex) -> None:
        """Take one record into *jobs*.

        Raises:
            UnknownSchema: a newer release wrote it; what it says must not be missed.
        """
        job_id = job_id_from(message.key())
        if job_id is None:
            return
        state = self._read(job_id, message.value())
        jobs.held.leave(job_id)
        jobs.held.resting.pop(job_id, None)
        if state is None:
            self._forget(job_id, attempt_forgotten(message), jobs)
            return
        attempt = state["attempt"]
        if state["terminal"] or (state["stage_index"], state["step"]) > (self._stage_index, 0):
            jobs.settle(job_id, attempt)
        elif self._stage_index == 1:
            jobs.open(job_id, attempt, state["submitted_offset"])
        else:
            # The stage before hands this attempt over: what is of one below comes too late.
            jobs.settle(job_id, attempt - 1)
            if attempt > 1:
                # On its way: an equal command to open it again is to be told so.
                jobs.held.open(job_id, attempt)
        if state["status"] == self._running:
            jobs.held.resting[job_id] = message.value() or b""
        elif state["stage_index"] == self._stage_index and state["status"] in self._parked:
            self._park(job_id, message.value() or b"", jobs)

    def _forget(self, job_id: str, attempt: int, jobs: JobIndex) -> None:
        """A further submission of what was forgotten is a duplicate for as long as of any job."""
        if attempt:
            jobs.held.forget(job_id, attempt)
            jobs.settle(job_id, attempt)
        else:
            jobs.forget(job_id)

    def _park(self, job_id: str, value: bytes, jobs: JobIndex) -> None:
        """The job failed or waits: its record lies where the state says."""
        state = self._codec.decode(value, self._record)
        told = state["error"] or {}
        rests = self._in_place and not state["held"]
        if not state["terminal"] and (rests or told.get("error_class") == WORKER_LOST):
            jobs.held.resting[job_id] = value
        place = state["waits_at"] or told.get("dead_letter")
        tier = self._tiers.get(place["topic"]) if place else None
        if place and tier is not None:
            due_at = state["due_at"] if state["held"] == NOT_BEFORE else 0
            jobs.held.park(job_id, Parked(state["attempt"], tier, place["offset"], due_at))

    def complete(self, jobs: JobIndex) -> None:
        """All states are taken in: what was held and is at work is found where it lies still."""
        for job_id, value in jobs.held.resting.items():
            try:
                state = self._codec.decode(value, self._record)
            except DecodeError:
                continue  # told when it is met again
            place = state["waits_at"]
            if place and self._tiers.get(place["topic"]) == HELD:
                jobs.held.park(job_id, Parked(state["attempt"], HELD, place["offset"]))

    def _read(self, job_id: str, value: bytes | None) -> dict[str, Any] | None:
        try:
            return None if value is None else self._decode(value)
        except UnknownSchema:
            raise
        except DecodeError as error:
            logger.warning("seen.undecodable", extra={"job_id": job_id, "error": str(error)})
            return None


class CommandNotes:
    """Takes commands into an index: attempts that are to be ended wherever they are met.

    Those that are executed are met again by the stage that reads them in its group.
    """

    def __init__(self, codec: Codec) -> None:
        self._commands = CommandRecords(codec)

    def __call__(self, message: kafka.Message, jobs: JobIndex) -> None:
        """Take one record into *jobs*; what is no command is told where it is executed."""
        try:
            command = self._commands.read(message)
        except DecodeError:
            return
        if command.kind == CANCEL:
            jobs.held.cancel(command.job_id, command.attempt)
