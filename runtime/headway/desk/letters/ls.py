"""`headway dead-letters ls`: the newest letters that the filters leave."""

from argparse import ArgumentParser, Namespace
from heapq import heappush, heappushpop
from typing import Final

from headway.desk.cluster import reached
from headway.desk.letters.letter import Letter
from headway.desk.letters.selection import add_filters, selected
from headway.desk.subcommand import DONE, SubCommand
from headway.desk.telling import answer_json, counted, moment, note, table

_LIMIT: Final = 50
_HEADS: Final = ("FAILED AT", "STAGE", "JOB", "ATTEMPT", "ERROR", "PLACE", "MESSAGE")
_MOST_CHARACTERS: Final = 80


def add(parser: ArgumentParser) -> None:
    """Filters, and how many."""
    add_filters(parser)
    parser.add_argument(
        "--limit", type=int, default=_LIMIT, metavar="N", help="default %(default)s"
    )
    parser.add_argument("--json", action="store_true", help="a line of JSON a letter")


def run(chosen: Namespace) -> int:
    """List them, newest first; of more than the limit the newest."""
    kept: list[tuple[int, str, Letter]] = []
    count = 0
    with reached() as cluster:
        for letter, _ in selected(cluster, chosen):
            count += 1
            entry = (letter.failed_at, letter.place, letter)
            if len(kept) < max(1, chosen.limit):
                heappush(kept, entry)
            else:
                heappushpop(kept, entry)
    letters = [letter for _, _, letter in sorted(kept, reverse=True)]
    if chosen.json:
        for letter in letters:
            answer_json(letter.told())
    elif letters:
        table(_HEADS, map(_row, letters))
    if count > len(letters) or not count:
        note(f"{len(letters):,} of {counted(count, 'dead letter')}" if count else "no dead letters")
    return DONE


def _row(letter: Letter) -> tuple[str, ...]:
    # A message may be many lines long.
    words = " ".join(letter.message.split())
    return (
        moment(letter.failed_at),
        letter.stage,
        letter.job_id or "-",
        str(letter.attempt),
        letter.error_class,
        letter.place,
        words if len(words) <= _MOST_CHARACTERS else words[: _MOST_CHARACTERS - 1] + "…",
    )


SUBCOMMAND: Final = SubCommand("ls", "list dead letters, newest first", add, run)
