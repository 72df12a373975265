"""Whatever jobs go through: no letter of use goes, and none stays for nothing."""

from collections.abc import Sequence
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st
from support.scheduling.states import failed, job, state

from scheduler.keeping.deadletters import Lying
from scheduler.keeping.lettertrim import LetterTrim
from scheduler.keeping.needed import Needed

_PLACE: Final = ("p1.dlq", 0)
_STEPS: Final = st.sampled_from(["fail", "send back", "complete", "forget", "lose tombstone"])
_HISTORIES: Final = st.lists(st.tuples(st.sampled_from("abc"), _STEPS), max_size=30)


class _Lane:
    """Jobs that fail, are sent back, are over and are forgotten, as compaction leaves them.

    What was forgotten stays so: a job_id is used again a month later, when no letter is left of it.
    """

    def __init__(self) -> None:
        self.letters: list[Lying] = []
        self.newest: dict[str, dict[str, Any] | None] = {}
        self._forgotten: set[str] = set()

    def step(self, job_id: str, step: str) -> None:
        now = self.newest.get(job_id)
        open_at = 1 if now is None else now["attempt"]
        if job_id in self._forgotten:
            if step == "lose tombstone":
                self.newest.pop(job_id, None)
        elif step == "forget" and now is not None and now["terminal"]:
            self.newest[job_id] = None
            self._forgotten.add(job_id)
        elif step == "send back" and now is not None and now["terminal"]:
            opened = {"attempt": open_at + 1, "terminal": False}
            self.newest[job_id] = state(job_id, "RETRY_SCHEDULED", **opened)
        elif step in {"fail", "complete"} and (now is None or not now["terminal"]):
            self.newest[job_id] = self._ended(job_id, open_at, step)

    def _ended(self, job_id: str, attempt: int, step: str) -> dict[str, Any]:
        if step == "complete":
            return dict(state(job_id, attempt=attempt))
        offset = len(self.letters)
        self.letters.append(Lying(offset, job_id, attempt, (f"claim/{offset}",), told=True))
        told = failed(job_id, attempt=attempt)
        place = {"topic": _PLACE[0], "partition": _PLACE[1], "offset": offset}
        return {**told, "error": {**told["error"], "dead_letter": place}}

    def named(self) -> set[int]:
        """The letters that a job may be sent back with."""
        states = [each for each in self.newest.values() if each is not None]
        errors = [each["error"] for each in states if each["status"] == "FAILED"]
        return {error["dead_letter"]["offset"] for error in errors}


@given(before=_HISTORIES, meanwhile=_HISTORIES)
def test_the_front_goes_up_to_the_first_letter_of_use(
    before: Sequence[tuple[str, str]], meanwhile: Sequence[tuple[str, str]]
) -> None:
    """Also where jobs go on between the reading of letters and that of states."""
    # Given letters that were read, and jobs that go on meanwhile
    lane = _Lane()
    for job_id, step in before:
        lane.step(job_id, step)
    read = list(lane.letters)
    for job_id, step in meanwhile:
        lane.step(job_id, step)

    # When all states are shown
    trim, needed = LetterTrim({_PLACE: read}), Needed()
    for offset, (job_id, told) in enumerate(lane.newest.items()):
        newest = None if told is None else job(told, offset)
        needed.take(job_id, newest)
        trim.take(job_id, newest)

    # Then it goes up to the first one that a job may be sent back with, whichever is read
    first = min((each.offset for each in read if each.offset in lane.named()), default=len(read))
    assert trim.bounds(needed).get(_PLACE, 0) == first
