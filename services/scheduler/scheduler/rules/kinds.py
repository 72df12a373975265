"""Every kind of rule that may be declared, and how its fields are read."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from headway.declared.pipeline import Pipeline
from headway.wire.codec import Codec
from scheduler.declared.fields import Fields
from scheduler.passes import kinds as passes
from scheduler.passes.pace import Pace
from scheduler.rules.around import Around, MakeRule
from scheduler.rules.passing import ErrandPass, WalkingPass
from scheduler.rules.recurring import Recurring
from scheduler.rules.rerun import Again, Rerun
from scheduler.rules.rule import Named, Rule

ReadKind = Callable[[Fields, Named, Pipeline], MakeRule]

_MOST_TIMES: Final = 1000
_MOST_PER_SECOND: Final = 10_000
_USUAL_PER_SECOND: Final = 20
_DAY_MS: Final = 86_400_000
#: What goes into a record with room for all else that is in it.
_MOST_SUBMITTED_BYTES: Final = 900_000


def _rerun(fields: Fields, named: Named, pipeline: Pipeline) -> MakeRule:
    again = Again(
        after_ms=fields.durations_ms("after"),
        times=int(fields.number("times", least=1, most=_MOST_TIMES, default=_MOST_TIMES)),
        within_ms=fields.duration_ms("within", _DAY_MS),
        stages=frozenset([named.stage] if named.stage else ()),
        errors=frozenset(fields.texts("error")),
    )
    return lambda _, __: Rerun(named, again, pipeline.failed)


def _submit(fields: Fields, named: Named, _: Pipeline) -> MakeRule:
    crontab, job = fields.crontab(), dict(fields.mapping("job"))
    text = job.pop("text", None)
    if text is not None:
        job["source"] = {"content": str(text).encode()}
    _check_submission(fields, job)

    def make(around: Around, lane: int) -> Rule:
        return Recurring(named, crontab, job, lane=lane, lanes=around.lanes)

    return make


def _check_submission(fields: Fields, job: dict[str, Any]) -> None:
    try:
        size = len(Codec().encode("job-submitted", {"job_id": "job", "attempt": 1} | job))
    except Exception as error:  # noqa: BLE001 - the encoder raises whatever it meets
        words = "title, and text or source, have to be said as a job-submitted record has them"
        fields.fault("job", f"it is no submission ({error}): {words}")
        return
    if size > _MOST_SUBMITTED_BYTES:
        fields.fault("job", f"{size:,} bytes are no record: put the file into the object store")


def _walking(kind: str, fields: Fields, named: Named, pipeline: Pipeline) -> MakeRule:
    crontab = fields.crontab()
    per_second = fields.number(
        "per_second", least=0.01, most=_MOST_PER_SECOND, default=_USUAL_PER_SECOND
    )
    make_pass = passes.WALKING[kind](fields, pipeline)

    def make(around: Around, lane: int) -> Rule:
        given = around.given
        pace = Pace(per_second, given.clock)
        walking = make_pass(given, lane)
        return WalkingPass(named, crontab, walking, walker=given.walker, pace=pace)

    return make


def _errand(kind: str, fields: Fields, named: Named, pipeline: Pipeline) -> MakeRule:
    crontab, make_pass = fields.crontab(), passes.ERRANDS[kind](fields, pipeline)

    def make(around: Around, lane: int) -> Rule:
        return ErrandPass(named, crontab, make_pass(around.given, lane), beside=around.beside)

    return make


KINDS: Final[dict[str, ReadKind]] = {
    "rerun": _rerun,
    "submit": _submit,
    **{kind: partial(_walking, kind) for kind in passes.WALKING},
    **{kind: partial(_errand, kind) for kind in passes.ERRANDS},
}
