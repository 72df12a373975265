"""Whatever a pipeline could do wrong is found, and named as what it is."""

import pickle
from functools import cache

import pytest
from support.auditing.commandfaults import OF_COMMANDS
from support.auditing.failurefaults import OF_FAILURES
from support.auditing.faults import OF_RUNS, Fault
from support.auditing.heldfaults import OF_HOLDING
from support.auditing.simulator import Chances, holding, simulate
from support.auditing.topics import Topics

from headway.auditing.checker import judge
from headway.auditing.findings import Kind
from headway.auditing.history import Terms

_FAULTS = (*OF_RUNS, *OF_FAILURES, *OF_COMMANDS, *OF_HOLDING)
_SEEDS = (1, 2)
_JOBS = 160


@cache
def _pickled(seed: int, chances: Chances) -> bytes:
    return pickle.dumps(simulate(seed, _JOBS, chances))


def _written(seed: int, fault: Fault) -> Topics:
    """What a correct pipeline wrote, to be spoiled."""
    chances = holding() if fault in OF_HOLDING else Chances()
    written = _pickled(seed, chances)
    topics: Topics = pickle.loads(written)  # noqa: S301 - written by this very process
    return topics


def _named(fault: Fault) -> str:
    return fault.name


@pytest.mark.parametrize("fault", _FAULTS, ids=_named)
def test_a_planted_fault_is_found_and_named(fault: Fault) -> None:
    """It, in the job it was planted in, and nothing that is not there."""
    for seed in _SEEDS:
        # Given what a correct pipeline wrote, and one fault in it
        topics = _written(seed, fault)
        job_id = fault.plant(topics)

        # When it is judged
        found = judge(topics.history()).findings

        # Then the fault is named, with what it does unavoidably, of that job alone
        kinds = {finding.kind for finding in found}
        assert fault.kind in kinds, seed
        assert kinds <= {fault.kind, *fault.beside}, [str(each) for each in found]
        assert {finding.job_id for finding in found} == {job_id}
        assert all(finding.places for finding in found if finding.kind is not Kind.LOST_OUTPUT)


@pytest.mark.parametrize("fault", [f for f in _FAULTS if f.compacted], ids=_named)
def test_a_planted_fault_is_found_although_older_states_are_gone(fault: Fault) -> None:
    """Compaction leaves one state a job: its timeline and the other topics tell enough."""
    # Given a fault in what a correct pipeline wrote, of which compaction took what it may
    topics = _written(_SEEDS[-1], fault)
    job_id = fault.plant(topics)
    topics.compact()

    # When it is judged as a living cluster is, then the fault is found of that job alone
    found = judge(topics.history(Terms())).findings
    assert {finding.job_id for finding in found} == {job_id}, [str(each) for each in found]
    assert fault.kind in {finding.kind for finding in found}


def test_every_kind_of_fault_has_been_planted() -> None:
    """A kind that nothing was ever found as would be a promise that nobody holds."""
    # Given the kinds that were planted or come with what was
    planted = {fault.kind for fault in _FAULTS}.union(*(fault.beside for fault in _FAULTS))

    # When they are held against all there are, then only those of watchers are left
    left = {kind for kind in Kind if kind not in planted}
    assert {kind.label.partition("-")[0] for kind in left} == {"stream"}
