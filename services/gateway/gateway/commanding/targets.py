"""Which attempt and which stage a command names, as the status service shows the job; a kind each.

The stage that is named executes it: the one that gave the job up, that holds it, or that ended it.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from gateway.commanding.wish import Wish
from gateway.receiving.refusals import Kind, Refusal
from headway.wire.commands import CANCEL, RELEASE, RETRY


class Target(NamedTuple):
    """What a command names; *partition* is the job's own where status tells it.

    *state_offset* is where in it the state lies that status has seen; -1: it is not told.
    """

    attempt: int
    stage: str = ""
    partition: int | None = None
    state_offset: int = -1


_MOVED: Final = "is at attempt {}, not {}"


def target_of(wish: Wish, job: Mapping[str, Any], failed: str, scheduled: str) -> Target:
    """What *wish* is for, of the *job* as status shows it.

    Raises:
        Refusal: the job is in no state for it, or in another one than the wish says.
    """
    if wish.kind == RETRY:
        return _agreeing(wish, failure_of(job, failed), "failed in")
    if wish.kind == RELEASE:
        return _agreeing(wish, _held(job, scheduled), "is held by")
    if wish.kind != CANCEL:
        return _agreeing(wish, _ended(job), "was ended by")
    if job["terminal"]:
        raise _unfit(job, f"is {job['status']}: there is nothing left to cancel")
    return Target(job["attempt"])


def failure_of(job: Mapping[str, Any], failed: str) -> Target:
    """What a retry of *job* names, as status shows it.

    Raises:
        Refusal: it is in no state to be retried.
    """
    error = job.get("error")
    if job["status"] != failed or not error:
        raise _unfit(job, f"is {job['status']}: only one that failed is retried")
    letter = error.get("dead_letter")
    return Target(job["attempt"], error["stage"], letter["partition"] if letter else None)


def _held(job: Mapping[str, Any], scheduled: str) -> Target:
    if job["status"] != scheduled:
        raise _unfit(job, f"is {job['status']}: only one that is held can be run now")
    return _placed(job)


def _ended(job: Mapping[str, Any]) -> Target:
    if not job["terminal"]:
        raise _unfit(job, f"is {job['status']}: cancel it first, or wait for its end")
    return _placed(job)


def _placed(job: Mapping[str, Any]) -> Target:
    if not job.get("stage"):
        raise _unfit(job, "was touched by no stage that the status service knows of")
    seen = job.get("state_offset")
    return Target(job["attempt"], job["stage"], job.get("partition"), -1 if seen is None else seen)


def _agreeing(wish: Wish, found: Target, words: str) -> Target:
    """*found*, if it is what the wish says as far as it says anything."""
    job = {"job_id": wish.job_id}
    if wish.attempt not in {None, found.attempt}:
        raise _unfit(job, _MOVED.format(found.attempt, wish.attempt))
    if wish.stage not in {None, found.stage}:
        raise _unfit(job, f"{words} stage {found.stage}, not {wish.stage}")
    return found


def _unfit(job: Mapping[str, Any], words: str) -> Refusal:
    return Refusal(Kind.COMMAND_UNFIT, f"Job {job['job_id']} {words}.")
