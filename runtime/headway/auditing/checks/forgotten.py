"""Jobs that were forgotten: as somebody asked for it, and when their submission was trimmed."""

from collections.abc import Iterator

from headway.auditing.checks.course import Case
from headway.auditing.findings import Finding, Kind
from headway.wire.commands import FORGET


def check(case: Case) -> Iterator[Finding]:
    """Of what is left of a job that a stage has forgotten; people write tombstones as they like."""
    tombstone = case.job.tombstone
    if tombstone is None:
        return
    asked = any(
        command.kind == FORGET and command.attempt == tombstone.attempt
        for command in case.job.commands
    )
    if not asked and case.history.whole(case.pipeline.commands, tombstone.written):
        text = "it is forgotten, and there is no command for that"
        yield case.found(Kind.FORGOTTEN_UNASKED, tombstone.attempt, text, tombstone.at)
    opened = {state.opened_at for state in case.job.states}
    for submission in case.job.submissions:
        if submission.at.offset in opened and submission.written <= tombstone.written:
            text = "it is forgotten, and its submission is kept"
            places = (tombstone.at, submission.at)
            yield case.found(Kind.FORGOTTEN_EARLY, tombstone.attempt, text, *places)
