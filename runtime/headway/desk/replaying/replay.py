"""`headway dead-letters replay`: meet on a desk what failed in production, and change nothing."""

import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from headway.base.words import class_name, message_of
from headway.declared.pipeline import StageDeclaration
from headway.desk.cluster import Cluster, reached
from headway.desk.letters.letter import letter_of
from headway.desk.letters.parts import original
from headway.desk.letters.places import At, add_place, places_in
from headway.desk.replaying.call import Call, End
from headway.desk.replaying.making import handler_of
from headway.desk.subcommand import DONE, NOT_DONE, CannotRun, NotDone, SubCommand
from headway.desk.telling import answer, answer_json, note
from headway.edges.overlay import OVERLAY_URL, overlaid
from headway.wire.carried import CarriedRecords
from headway.wire.records import StageRecords

_EPILOG: Final = """\
The handler of the stage that gave the record up is called once, in this process, with the record's
own bytes. Nothing is written to Kafka, and what the handler writes to the object store stays aside
(--files keeps it). What else a handler does outside, it does. The environment is the stage's, with
OBJECT_STORE_URL and settings of its own. Exit code 1: the handler raised; its trace is shown."""


def add(parser: ArgumentParser) -> None:
    """The place, and how."""
    add_place(parser)
    parser.add_argument(
        "--pdb", action="store_true", help="under the debugger, from its first line"
    )
    parser.add_argument("--files", type=Path, metavar="DIR", help="keep what it writes in there")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.epilog = _EPILOG


def run(chosen: Namespace) -> int:
    """Replay it."""
    (place,) = places_in(chosen.place)
    with reached() as cluster, _folder(chosen.files) as folder:
        end, written = _replay(cluster, place, folder, debug=chosen.pdb)
    _tell(end, written, chosen)
    return NOT_DONE if end.raised else DONE


def _replay(
    cluster: Cluster, place: At, folder: Path, *, debug: bool
) -> tuple[End, Mapping[str, int]]:
    letter = cluster.record(*place)
    declared = _declared(cluster, letter_of(letter, CarriedRecords(cluster.codec)).stage, place)
    message = original(cluster, letter)
    records = StageRecords(cluster.codec, cluster.pipeline, cluster.catalog, declared)
    with (
        overlaid(cluster.store_url, folder) as overlay,
        handler_of(declared.name, OVERLAY_URL) as handler,
    ):
        note(f"{declared.name} is called with the record of {' '.join(map(str, place))}")
        return Call(handler, records, debug=debug).on(message, letter), overlay.written


def _declared(cluster: Cluster, stage: str, place: At) -> StageDeclaration:
    """The stage that gave the record up: one of the pipeline's, for its module is imported."""
    try:
        return cluster.pipeline.stage(stage)
    except KeyError:
        named = f"names stage {stage!r}, which the pipeline has not" if stage else "names no stage"
        raise NotDone(f"{' '.join(map(str, place))} {named}: is it a dead letter?") from None


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="headway-replay-") as folder:
            yield Path(folder)
        return
    try:
        kept.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRun(f"--files {kept}: {error.strerror or error}") from error
    yield kept


def _tell(end: End, written: Mapping[str, int], chosen: Namespace) -> None:
    if chosen.json:
        answer_json(
            {
                "returned": None if end.done is None else repr(end.done),
                "raised": _raised(end),
                "written": [{"key": k, "size_bytes": size} for k, size in written.items()],
            }
        )
        return
    answer(f"returned {end.done!r}" if end.raised is None else end.trace.rstrip())
    where = f", kept in {chosen.files}" if chosen.files else ""
    for key, size_bytes in written.items():
        answer(f"would have written {key}, {size_bytes:,} bytes{where}")
    sys.stdout.flush()


def _raised(end: End) -> dict[str, str] | None:
    if end.raised is None:
        return None
    return {
        "error_class": class_name(end.raised),
        "message": message_of(end.raised),
        "trace": end.trace,
    }


SUBCOMMAND: Final = SubCommand(
    "replay", "run the stage's handler on a dead letter here, changing nothing", add, run
)
