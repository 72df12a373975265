"""`headway dead-letters export`: letters as lines of JSON, whole enough to be given back."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from headway.desk.cluster import reached
from headway.desk.letters.selection import add_filters, selected
from headway.desk.letters.show import as_json
from headway.desk.subcommand import DONE, CannotRun, SubCommand
from headway.desk.telling import counted, note

_STDOUT: Final = "-"


def add(parser: ArgumentParser) -> None:
    """Filters, and where to."""
    add_filters(parser)
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="a file, or -")


def run(chosen: Namespace) -> int:
    """Write them; a file is there whole or not at all."""
    count = 0
    with reached() as cluster, _output(chosen.output) as out:
        for _, message in selected(cluster, chosen):
            out.write(json.dumps(as_json(cluster, message)) + "\n")
            count += 1
    note(f"{counted(count, 'dead letter')} written")
    return DONE


@contextmanager
def _output(name: str) -> Iterator[IO[str]]:
    if name == _STDOUT:
        yield sys.stdout
        return
    path = Path(name)
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("w", encoding="utf-8") as out:
            yield out
        unfinished.replace(path)
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


SUBCOMMAND: Final = SubCommand("export", "write dead letters as lines of JSON", add, run)
