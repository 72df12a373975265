"""The judge of the chaos tests finds what is wrong, and nothing where all is well."""

from collections.abc import Callable
from typing import Any

import pytest
from support.audit import Evidence, State, faults
from support.kafka.cluster import Record

from headway.declared.pipeline import Pipeline

_STAGES = Pipeline.load().stages
_STEPS = {
    status.name: (stage.name, stage.index, step)
    for stage in _STAGES
    for step, status in enumerate((stage.running, stage.done))
}


def _state(offset: int, status: str, **changed: Any) -> State:
    stage, index, step = _STEPS.get(status, ("p1", 1, 1))
    value = {
        "job_id": "a",
        "attempt": 1,
        "stage": stage,
        "stage_index": index,
        "step": step,
        "status": status,
        "terminal": status in {"COMPLETED", "FAILED"},
        "error": None,
    }
    return State(3, offset, value | changed)


def _record(key: bytes = b"a", *, partition: int = 3, offset: int = 0, origin: int = 7) -> Record:
    place = {"topic": b"jobs.submitted", "partition": b"3", "offset": b"%d" % origin}
    headers = {f"headway.{name}": value for name, value in place.items()}
    return Record(partition, offset, key, b"", headers)


def _error(offset: int = 0) -> dict[str, Any]:
    place = {"topic": "t.p1.dlq", "partition": 3, "offset": offset}
    return {"error_class": "X", "message": "m", "dead_letter": place}


def _completed() -> Evidence:
    evidence = Evidence([_state(offset, status) for offset, status in enumerate(_STEPS)])
    evidence.records |= {stage.sink: [_record()] for stage in _STAGES}
    return evidence


def _failed() -> Evidence:
    evidence = Evidence([_state(0, "PROCESS_1_RUNNING"), _state(1, "FAILED", error=_error())])
    evidence.records["p1.dlq"] = [_record()]
    return evidence


def _redone(evidence: Evidence) -> None:
    """A job that was begun twice and ended once, as after a kill."""
    evidence.states.append(_state(-1, "PROCESS_1_RUNNING"))


def test_what_went_well_has_no_faults() -> None:
    """A completed job, a failed one, and one that had to be begun again."""
    # Given three histories without a fault
    redone = _completed()
    _redone(redone)

    # When they are judged, then nothing is found
    assert faults(_completed(), ["a"]) == []
    assert faults(redone, ["a"]) == []
    assert faults(_failed(), ["a"], failed={"a": "p1"}) == []


def _lost(evidence: Evidence) -> None:
    evidence.states.clear()


def _stuck(evidence: Evidence) -> None:
    del evidence.states[-1]


def _backwards(evidence: Evidence) -> None:
    evidence.states.append(_state(9, "PROCESS_1_DONE"))


def _ended_twice(evidence: Evidence) -> None:
    evidence.states.append(_state(9, "COMPLETED"))


def _done_twice(evidence: Evidence) -> None:
    evidence.states.append(_state(1.5, "PROCESS_1_DONE"))  # type: ignore[arg-type]  # between two


def _failed_after_all(evidence: Evidence) -> None:
    evidence.states.append(_state(9, "FAILED", error=_error()))


def _output_twice(evidence: Evidence) -> None:
    evidence.records["jobs.p1-done"].append(_record(offset=1))


def _no_output(evidence: Evidence) -> None:
    evidence.records["jobs.p2-done"].clear()


def _output_elsewhere(evidence: Evidence) -> None:
    evidence.records["jobs.p2-done"] = [_record(partition=4)]


@pytest.mark.parametrize(
    "plant",
    [
        _lost,
        _stuck,
        _backwards,
        _ended_twice,
        _done_twice,
        _failed_after_all,
        _output_twice,
        _no_output,
        _output_elsewhere,
    ],
)
def test_a_fault_in_a_completed_job_is_found(plant: Callable[[Evidence], None]) -> None:
    """Whatever is lost, told twice, told late or told elsewhere."""
    # Given a good history with one fault in it
    evidence = _completed()
    plant(evidence)

    # When it is judged, then the fault is named
    assert faults(evidence, ["a"])


def _letter_twice(evidence: Evidence) -> None:
    evidence.records["p1.dlq"].append(_record(offset=1))


def _no_letter(evidence: Evidence) -> None:
    evidence.records["p1.dlq"].clear()


def _other_letter(evidence: Evidence) -> None:
    evidence.states[-1] = _state(1, "FAILED", error=_error(offset=5))


def _output_all_the_same(evidence: Evidence) -> None:
    evidence.records["jobs.p1-done"].append(_record())


@pytest.mark.parametrize("plant", [_letter_twice, _no_letter, _other_letter, _output_all_the_same])
def test_a_fault_in_a_failed_job_is_found(plant: Callable[[Evidence], None]) -> None:
    """A dead letter that is missing, told twice or elsewhere, or an output beside it."""
    # Given a failed job's good history with one fault in it
    evidence = _failed()
    plant(evidence)

    # When it is judged, then the fault is named
    assert faults(evidence, ["a"], failed={"a": "p1"})


def test_a_job_that_failed_or_did_not_against_expectation_is_found() -> None:
    """The judge is told which jobs were to fail, and where."""
    # Given good histories of another job than was expected, when judged, then that is named
    assert faults(_failed(), ["a"])
    assert faults(_completed(), ["a"], failed={"a": "p1"})
    assert faults(_failed(), ["a"], failed={"a": "p2"})
