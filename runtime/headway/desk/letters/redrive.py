"""`headway dead-letters redrive`: retry the jobs of many letters, at a pace."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from headway.desk.cluster import Cluster, reached
from headway.desk.jobs.newest import newest_states
from headway.desk.jobs.told import add_asking
from headway.desk.letters.letter import Letter, letter_of
from headway.desk.letters.places import places_in
from headway.desk.letters.selection import add_filters, is_filtered, selected
from headway.desk.subcommand import DONE, NOT_DONE, CannotRun, SubCommand
from headway.desk.telling import answer, answer_json, counted, note
from headway.desk.writing import Addressed, write
from headway.wire.carried import CarriedRecords
from headway.wire.commands import RETRY, Command, retry_id

_RATE: Final = 100.0
_EPILOG: Final = """\
Taken are the letters of the filters, or those at the places that are named (TOPIC PARTITION OFFSET,
again and again), whose jobs have not been retried since. Each gets a command to open the next
attempt in the stage that gave it up. Interrupted and run again it goes on where it was: a command
for an attempt that was retried already changes nothing."""
_TAKEN: Final = "to retry"
_NO_JOB: Final = "name no job"
_OVER: Final = "were retried since, or their job is over"
_TOO_LARGE: Final = "are too large to be sent back: submit them anew"
_PERMANENT: Final = "cannot succeed as they are (--permanent takes them, too)"


def add(parser: ArgumentParser) -> None:
    """Filters or places, and how."""
    parser.add_argument("places", nargs="*", metavar="PLACE", help="TOPIC PARTITION OFFSET")
    add_filters(parser)
    parser.add_argument("--all", action="store_true", help="every letter, without a filter")
    parser.add_argument(
        "--permanent",
        action="store_true",
        help="also what failed for good: after a stage was mended. Places are always taken",
    )
    parser.add_argument("--dry-run", action="store_true", help="say how many, and change nothing")
    parser.add_argument(
        "--rate", type=_rate, default=_RATE, metavar="N/s", help="commands a second; 0: no limit"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_asking(parser)
    parser.epilog = _EPILOG


def run(chosen: Namespace) -> int:
    """Find them, ask, and command."""
    if not (chosen.places or chosen.all or is_filtered(chosen)):
        raise CannotRun("say which: a filter, places, or --all")
    with reached() as cluster:
        due, counts = _due(cluster, chosen)
        _tell(due, counts, chosen)
        if chosen.dry_run or not due:
            return DONE
        if not (chosen.yes or _agreed(len(due))):
            return NOT_DONE
        write(cluster, [_addressed(letter, chosen.by) for letter in due], rate=chosen.rate)
    note(f"{counted(len(due), 'command')} acknowledged; the jobs tell what becomes of them")
    return DONE


def _due(cluster: Cluster, chosen: Namespace) -> tuple[list[Letter], Counter[str]]:
    """The letters to redrive, oldest first, and of how many is what to be said."""
    newest: dict[str, Letter] = {}
    counts: Counter[str] = Counter()
    for letter in _letters(cluster, chosen):
        counts.update([_NO_JOB] if letter.job_id is None else [])
        if letter.job_id is not None:
            known = newest.setdefault(letter.job_id, letter)
            counts.update([] if known is letter else [_OVER])
            newest[letter.job_id] = max(known, letter, key=lambda one: (one.attempt, one.offset))
    states = newest_states(cluster, newest.keys(), {one.partition for one in newest.values()})
    due = []
    for job_id, letter in newest.items():
        found = states.get(job_id)
        state = found.state if found else None
        verdict = _verdict(cluster, letter, state, even_permanent=chosen.permanent or chosen.places)
        counts[verdict] += 1
        if verdict == _TAKEN:
            due.append(letter)
    return sorted(due, key=lambda one: one.failed_at), counts


def _letters(cluster: Cluster, chosen: Namespace) -> Iterable[Letter]:
    if not chosen.places:
        return (letter for letter, _ in selected(cluster, chosen))
    if is_filtered(chosen):
        raise CannotRun("places and filters do not go together")
    carried = CarriedRecords(cluster.codec)
    return [letter_of(cluster.record(*place), carried) for place in places_in(chosen.places)]


def _verdict(
    cluster: Cluster, letter: Letter, state: Mapping[str, Any] | None, *, even_permanent: object
) -> str:
    error = state["error"] if state else None
    if state is None or error is None or state["status"] != cluster.pipeline.failed:
        return _OVER
    place = {"topic": letter.topic, "partition": letter.partition, "offset": letter.offset}
    if error["dead_letter"] != place:
        return _OVER
    if letter.claims or letter.missing:
        return _TOO_LARGE
    return _TAKEN if error["retry_available"] or even_permanent else _PERMANENT


def _tell(due: list[Letter], counts: Counter[str], chosen: Namespace) -> None:
    kinds = Counter((one.stage, one.error_class) for one in due)
    if chosen.json:
        items = [{"stage": s, "error_class": e, "count": n} for (s, e), n in kinds.most_common()]
        skipped = {words: n for words, n in counts.items() if words != _TAKEN}
        answer_json({"due": len(due), "kinds": items, "skipped": skipped})
        return
    answer(f"{counted(len(due), 'dead letter')} {_TAKEN}")
    for (stage, error_class), count in kinds.most_common():
        answer(f"  {count:>9,}  {stage}  {error_class}")
    for words in (_OVER, _TOO_LARGE, _PERMANENT, _NO_JOB):
        if counts[words]:
            answer(f"{counts[words]:,} more {words}")


def _agreed(count: int) -> bool:
    if not sys.stdin.isatty():
        raise CannotRun("nobody is there to be asked: say --yes, or --dry-run")
    sys.stderr.write(f"Retry {counted(count, 'job')}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _addressed(letter: Letter, by: str) -> Addressed:
    job_id = letter.job_id or ""
    name = retry_id(job_id, letter.attempt, letter.stage)
    command = Command(name, RETRY, job_id, letter.attempt, letter.stage, by)
    return Addressed(command, letter.partition)


def _rate(text: str) -> float:
    try:
        rate = float(text.removesuffix("/s"))
    except ValueError:
        rate = -1.0
    if not 0 <= rate < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no pace: say 100/s, or 0 for none")
    return rate


SUBCOMMAND: Final = SubCommand("redrive", "retry the jobs of many dead letters", add, run)
