"""What a correct stage writes of one job, frame by frame, made by the product's own writers."""

from dataclasses import dataclass
from typing import Any, Final

from support.auditing.topics import CATALOG, CODEC, PARTITION, PIPELINE, PREFIX, Rec, record_of
from support.auditing.writing import Inlet, Writer, origin_of, place
from support.kafka.payloads import payload_of

from headway.declared.handler import Done
from headway.declared.pipeline import StageDeclaration
from headway.wire.envelope import step_of
from headway.wire.records import StageRecords

_RECORDS: Final = {
    stage.name: StageRecords(CODEC, PIPELINE, CATALOG, stage) for stage in PIPELINE.stages
}
_ERROR: Final = {"error_class": "StoreUnavailable", "message": "the store is away"}
_DETAIL: Final = ": ".join(_ERROR.values())


@dataclass(slots=True)
class Teller(Writer):
    """Says what becomes of one job."""

    def submit(self, attempt: int = 1) -> Rec:
        """Its submission, again if it was submitted before."""
        value = {
            "job_id": self.job_id,
            "attempt": attempt,
            "title": "data.csv",
            "delimiter": None,
            "source": {"content": self.job_id.encode()},
        }
        return self.world.write(PIPELINE.source, self._rec(value))

    def open(self, submitted: Rec) -> None:
        attempt = submitted.told["attempt"]
        self.envelope = {
            "job_id": self.job_id,
            "attempt": attempt,
            "title": "data.csv",
            "submitted_at": submitted.written,
            "submitted_offset": submitted.offset,
            "timeline": [step_of(PIPELINE.queued.name, attempt, submitted.written)],
        }

    def running(self, stage: StageDeclaration, inlet: Inlet) -> None:
        states, now = _RECORDS[stage.name].states, self.world.now
        at = place(*inlet) if inlet[0] == stage.held else None
        self._state(states.running(self.envelope, now, waits_at=at))

    def finished(self, stage: StageDeclaration, inlet: Inlet, began: int) -> Inlet:
        """The output, with the state and the inlet done; the output."""
        done = Done(payload_of(stage.name))
        records = _RECORDS[stage.name]
        output, state = records.finished(self.envelope, done, began, self.world.now)
        value = CODEC.decode(output, record_of(stage.sink))
        written = self.world.write(stage.sink, self._rec(value))
        self._state(state)
        self._done(stage, inlet)
        self.envelope = dict(value["job"])
        return stage.sink, written

    def put_off(self, stage: StageDeclaration, inlet: Inlet, began: int, due: int) -> Inlet:
        """The record in a tier, RETRY_SCHEDULED, and the inlet done; where it waits."""
        self.tries += 1
        self.since = self.since or self.world.now
        states = _RECORDS[stage.name].states
        told = states.postponement(self.envelope, self.world.now, _DETAIL, began=began)
        return self._wait(stage, inlet, told, due, _ERROR)

    def failed(self, stage: StageDeclaration, inlet: Inlet, began: int) -> Inlet:
        """The letter, FAILED, and the inlet done; the letter."""
        states, now = _RECORDS[stage.name].states, self.world.now
        told = states.failure(self.envelope, now, _DETAIL, began=began)
        topic, source = inlet
        origin = (source.carried or {}).get("origin") or origin_of(topic, source)
        written = self.world.write(stage.dead_letters, self._rec(source.value))
        written.headers = {
            "headway.topic": origin["topic"],
            "headway.partition": str(origin["partition"]),
            "headway.offset": str(origin["offset"]),
            "headway.stage": stage.name,
            "headway.attempt": str(told["attempt"]),
            "headway.error.class": _ERROR["error_class"],
        }
        written.carried = self._carried(told, 0, origin, _ERROR)
        at = place(stage.dead_letters, written)
        error = {**_ERROR, "stage": stage.name, "retry_available": True, "dead_letter": at}
        self._state(states.failed(told, now, error))
        self._done(stage, inlet)
        self.envelope = told
        return stage.dead_letters, written

    def interrupted(self, stage: StageDeclaration, inlet: Inlet, began: int) -> None:
        """Its worker was lost: it waits where it was, and is due at once."""
        states, now = _RECORDS[stage.name].states, self.world.now
        told = states.postponement(self.envelope, now, "WorkerLost: it ended", began=began)
        shown = {**_ERROR, "stage": stage.name, "retry_available": True, "dead_letter": None}
        at = place(*inlet)
        state = states.retry_scheduled(
            told, now, error=shown, due_at=now, tries=self.tries, waits_at=at
        )
        self._state(state)
        self.envelope = told

    def redriven(self, stage: StageDeclaration, record: Inlet, due: int) -> Inlet:
        """The next attempt: *record* in the first tier, and RETRY_SCHEDULED; where it waits."""
        self.tries = self.since = 0
        opened = {**self.envelope, "attempt": self.envelope["attempt"] + 1}
        told = _RECORDS[stage.name].states.postponement(opened, self.world.now, "redriven by x")
        return self._wait(stage, record, told, due, None)

    def forgotten(self) -> None:
        """Its submissions are trimmed, and then its stage has forgotten it."""
        for record in self.world.topics.of(PIPELINE.source, self.job_id):
            self.world.topics.remove(PIPELINE.source, record)
        written = self.world.write(PIPELINE.state, self._rec(None))
        written.headers = {"headway.forgotten": str(self.envelope["attempt"])}

    def held(self, stage: StageDeclaration, inlet: Inlet, due: int, what: str) -> Inlet:
        """The record in the held topic, SCHEDULED, and the inlet done; where it lies."""
        topic, source = inlet
        states, now = _RECORDS[stage.name].states, self.world.now
        told = states.holding(self.envelope, now, f"for {what} until {due}")
        origin = (source.carried or {}).get("origin") or origin_of(topic, source)
        written = self.world.write(stage.held, self._rec(source.value))
        written.carried = {**self._carried(told, due, origin, None), "held": what}
        at = place(stage.held, written)
        state = states.scheduled(
            told, now, held=what, due_at=due or None, waits_at=at, tries=self.tries
        )
        self._state(state)
        self._done(stage, inlet)
        self.envelope = told
        return stage.held, written

    def let_go(self, stage: StageDeclaration, command: Rec) -> None:
        """The command to let it go is done: what it did is in the same frame."""
        self._done(stage, (PIPELINE.commands, command))

    def cancelled(self, stage: StageDeclaration, inlet: Inlet, began: int) -> None:
        states = _RECORDS[stage.name].states
        state = states.cancelled(self.envelope, self.world.now, "by x", began=began)
        self._state(state)
        self._done(stage, inlet)
        told = CODEC.decode(state, record_of(PIPELINE.state))
        self.envelope = {name: told[name] for name in self.envelope}

    def command(self, kind: str, attempt: int, stage: str = "") -> Rec:
        command_id = f"{self.job_id}-{len(self.world.topics.records[PIPELINE.commands])}"
        told = {"command_id": command_id, "kind": kind, "attempt": attempt, "stage": stage}
        value = {**told, "job_id": self.job_id, "by": "x"}
        return self.world.write(PIPELINE.commands, self._rec(value))

    def answer(self, command: Rec, *, accepted: bool) -> None:
        """The result of a redrive, and its command done."""
        told = {name: command.told[name] for name in ("command_id", "kind", "attempt", "stage")}
        value = {**told, "job_id": self.job_id, "accepted": accepted, "reason": "so"}
        self.world.write(PIPELINE.results, self._rec({**value, "at": self.world.now}))
        stage = PIPELINE.stage(command.told["stage"])
        self._done(stage, (PIPELINE.commands, command))

    def drop(self, topic: str, record: Rec) -> None:
        """A record that is a duplicate is done, and nothing is said."""
        self._done(next(s for s in PIPELINE.stages if s.source == topic), (topic, record))

    def garbage(self, stage: StageDeclaration) -> None:
        """A record under its key that its stage cannot read, when the job is over there."""
        source = self.world.write(stage.source, self._rec(b"garbage"))
        letter = self.world.write(stage.dead_letters, self._rec(b"garbage"))
        letter.headers = {
            "headway.topic": PREFIX + stage.source,
            "headway.partition": str(PARTITION),
            "headway.offset": str(source.offset),
            "headway.stage": stage.name,
            "headway.attempt": "1",
            "headway.error.class": "DecodeError",
        }
        self._done(stage, (stage.source, source))

    def _wait(
        self,
        stage: StageDeclaration,
        inlet: Inlet,
        told: dict[str, Any],
        due: int,
        error: dict[str, str] | None,
    ) -> Inlet:
        topic, source = inlet
        tier = stage.retry_topics[min(max(self.tries, 1), len(stage.retry_topics)) - 1]
        origin = (source.carried or {}).get("origin") or origin_of(topic, source)
        written = self.world.write(tier, self._rec(source.value))
        written.carried = self._carried(told, due, origin, error)
        at = place(tier, written)
        shown = {**_ERROR, "stage": stage.name, "retry_available": True, "dead_letter": None}
        state = _RECORDS[stage.name].states.retry_scheduled(
            told,
            self.world.now,
            error=shown if error else None,
            due_at=due,
            tries=self.tries,
            waits_at=at,
        )
        self._state(state)
        if error:
            self._done(stage, inlet)
        self.envelope = told
        return tier, written
