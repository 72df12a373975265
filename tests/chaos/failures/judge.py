"""Whether every job ended as its plan says; that all topics agree is for the product's audit."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from support.kafka.cluster import Cluster

from chaos.failures.plan import Answer, End, Order, Plan
from headway.auditing.findings import Finding, Kind
from headway.auditing.streams import Seen, seen_of

_CARRIED: Final = "headway.carried"
#: Where a cancel met its job, by the words of the timeline's last step.
_PLACES: Final = {"before": "before", "was running": "running", "it waited": "waiting"}


class Judge:
    """Reads the topics of a cluster at rest, once."""

    def __init__(self, cluster: Cluster) -> None:
        self._pipeline = cluster.pipeline
        self._ends: defaultdict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
        self.newest: dict[str, Mapping[str, Any]] = {}
        for state in cluster.decoded("job-state"):
            self.newest[state["job_id"]] = state
            if state["terminal"]:
                self._ends[state["job_id"]][state["attempt"]] = state
        self._tries = dict(_tries(cluster))

    def wrong(self, plans: Iterable[Plan]) -> Iterator[str]:
        """Each job whose attempts did not end as planned."""
        for plan in plans:
            found = self._ends[plan.job_id]
            told = {attempt: self._told(plan, attempt, state) for attempt, state in found.items()}
            last = max(told, default=0)
            if not fits(plan, told, self._pipeline.cancelled):
                yield f"{plan.job_id} ({plan.title}): ended as {told}, planned was {plan.ends}"
            elif self.newest[plan.job_id]["attempt"] != last:
                yield f"{plan.job_id}: there is an attempt above {last}"

    def seen(self) -> dict[str, Seen]:
        """What watchers have to have seen of every job at last."""
        return {job_id: seen_of(state) for job_id, state in self.newest.items()}

    def untrue(self, findings: Iterable[Finding]) -> tuple[list[str], int]:
        """What a watcher was told wrongly, and how often a percent fell as the job ended.

        It may where a process was lost: what that had reported, whoever ends the job cannot know.
        """
        found = list(findings)
        faults = [str(finding) for finding in found if not self._excused(finding)]
        return faults, len(found) - len(faults)

    def _excused(self, finding: Finding) -> bool:
        """Of the two states in its text the second is the end, the first is not."""
        ends = (
            self._pipeline.failed,
            self._pipeline.cancelled,
            self._pipeline.stages[-1].done.name,
        )
        before, _, after = finding.text.partition(" to ")
        fell = any(end in after for end in ends[:2]) and not any(end in before for end in ends)
        steps = self.newest[finding.job_id]["timeline"]
        lost = any((step["detail"] or "").startswith("WorkerLost") for step in steps)
        return finding.kind is Kind.STREAM_BACK and fell and lost

    def cancelled(self) -> Counter[str]:
        """How many were cancelled, by where they were met."""
        places: Counter[str] = Counter()
        for ends in self._ends.values():
            for state in ends.values():
                if state["status"] == self._pipeline.cancelled:
                    detail = state["timeline"][-1]["detail"] or ""
                    places[
                        next((p for words, p in _PLACES.items() if words in detail), detail)
                    ] += 1
        return places

    def unmet(self) -> list[str]:
        """Where no cancel has met a job."""
        met = self.cancelled()
        return [place for place in _PLACES.values() if not met[place]]

    def ends(self, plans: Iterable[Plan]) -> Counter[str]:
        """How many of each kind ended how."""
        kinds = {plan.job_id: plan.kind for plan in plans}
        return Counter(
            f"{kinds.get(job_id, 'by HTTP')}: {state['status']}, attempt {state['attempt']}"
            for job_id, state in self.newest.items()
        )

    def _told(self, plan: Plan, attempt: int, state: Mapping[str, Any]) -> End:
        if state["status"] != self._pipeline.failed:
            return End(state["status"], state["stage"])
        tries = self._tries.get((plan.job_id, attempt), -1)
        return End(state["status"], state["stage"], state["error"]["error_class"], tries)


def fits(plan: Plan, told: Mapping[int, End], cancelled: str) -> bool:
    """Whether the ends *told* of its attempts are those of *plan*; *cancelled* is that status.

    The last may be cancelled instead, if somebody asked for that, and then nothing follows it.
    """
    planned, last = dict(enumerate(plan.ends, 1)), max(told, default=0)
    if any(told.get(attempt) != planned.get(attempt) for attempt in range(1, last)):
        return False
    if last in plan.cancelled and told[last].status == cancelled:
        return True
    return last == len(plan.ends) and told[last] == planned[last]


def wrong_answers(
    asked: Mapping[str, tuple[Plan, Order]], answers: Mapping[str, list[bool]]
) -> Iterator[str]:
    """Commands to retry that were not answered as they had to be.

    A client that had no answer asks again, and its command may be there twice. All are accepted,
    but one that comes when an attempt above the one it opened is there is refused (ADR 41).
    """
    for command_id, (plan, order) in asked.items():
        found = answers.get(command_id, [])
        moved_on = len(plan.ends) > order.of + 1
        accepted = found[:1] == [True] and (all(found) or moved_on)
        fine = {Answer.ACCEPTED: accepted, Answer.REFUSED: bool(found) and not any(found)}
        if not fine.get(order.answer, True):
            yield f"{command_id} ({order}): answered {found}"


def _tries(cluster: Cluster) -> Iterator[tuple[tuple[str, int], int]]:
    """Of each dead letter, by job and attempt, the later tries its attempt had."""
    for stage in cluster.pipeline.stages:
        for letter in cluster.read(stage.dead_letters):
            carried = cluster.codec.decode(letter.headers[_CARRIED], "carried")
            job = carried["job"]
            yield (job["job_id"], job["attempt"]), carried["tries"]
