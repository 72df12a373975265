"""The whole pipeline on this machine: a real file goes through it while you watch.

Starts Kafka and every service, hands in `penguins.csv`, draws the job's progress, fetches
the report, and stays open for more until Ctrl-C. Everything it keeps lies in one folder.
"""

import argparse
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import job
from crowd import submit_many
from headway.base.errors import HeadwayError
from launch import Running, launched
from place import DemoError, Place
from story import Story
from terminal import Terminal

ROOT: Final = Path(__file__).resolve().parents[1]
SAMPLE: Final = Path(__file__).with_name("penguins.csv")
_LOOK_SECONDS: Final = 0.5
_INTERRUPTED: Final = 130


@dataclass(slots=True)
class Progress:
    """Whether what was asked for is done; an interruption after that is no failure."""

    done: bool = False


def main() -> int:
    """The exit code: 0 done, 1 not (it was said why), 130 interrupted before it was."""
    arguments = _parser().parse_args()
    terminal = Terminal(sys.stdout, os.environ)
    # SIGTERM unwinds as Ctrl-C does: all that was started is stopped in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    progress = Progress()
    try:
        _demo(arguments, terminal, progress)
    except KeyboardInterrupt:
        pass
    except HeadwayError as error:
        terminal.fail(str(error))
        return 1
    terminal.say("  all is stopped; the data are kept for the next time (make clean removes them)")
    return 0 if progress.done else _INTERRUPTED


def _demo(arguments: argparse.Namespace, terminal: Terminal, progress: Progress) -> None:
    place = Place(arguments.state.absolute())
    terminal.say(f"{terminal.paint('headway', 'bold')}: all it keeps lies in {_short(place.path)}/")
    with launched(place, terminal, usual_ports=not arguments.free_ports) as up:
        terminal.say(f"\n  Dashboard  {terminal.paint(up.dashboard, 'bold')}\n")
        if not arguments.idle:
            _show_a_job(up, place, terminal)
        if arguments.jobs:
            submit_many(terminal, up.gateway, arguments.jobs)
        progress.done = True
        if not arguments.once:
            _stay_open(up, terminal)


def _show_a_job(up: Running, place: Place, terminal: Terminal) -> None:
    handed_in = job.submit(up.gateway, SAMPLE.name, SAMPLE.read_bytes())
    terminal.say(f"  {SAMPLE.name} is job {handed_in.job_id}")
    story, state = Story(terminal), {}
    for state in job.follow(handed_in, meanwhile=up.fleet.mend):
        story.tell(state)
    if state["status"] != "COMPLETED":
        error = state["error"] or {}
        raise DemoError(f"the job ended as {state['status']}: {error.get('message')}")
    folder = place.folder("reports")
    for file in state["result"]:
        path, size_bytes = folder / Path(file["name"]).name, file["size_bytes"]
        job.fetch(f"{up.dashboard}{file['href']}", path, size_bytes=size_bytes)
        terminal.done("report", str(_short(path)), f"{size_bytes / 1000:.0f} kB")
    terminal.say(f"\n  Its page   {terminal.paint(handed_in.dashboard, 'bold')}")


def _stay_open(up: Running, terminal: Terminal) -> None:
    terminal.say("  Hand in files of your own on the dashboard. Ctrl-C stops everything.\n")
    while True:
        time.sleep(_LOOK_SECONDS)
        up.fleet.mend()


def _short(path: Path) -> Path:
    """*path* as seen from here, if it is below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="demo/run.py", description=__doc__)
    wish = parser.add_mutually_exclusive_group()
    wish.add_argument("--once", action="store_true", help="end when the job has completed")
    wish.add_argument("--idle", action="store_true", help="start everything, hand in nothing")
    parser.add_argument("--jobs", type=int, default=0, help="hand in that many small files too")
    parser.add_argument("--state", type=Path, default=ROOT / ".headway", help="folder to live in")
    parser.add_argument("--free-ports", action="store_true", help="leave 8080 and so on alone")
    return parser


if __name__ == "__main__":
    sys.exit(main())
