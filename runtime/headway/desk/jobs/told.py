"""What commands about one job have in common: their arguments, and what is said of them."""

import getpass
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict

from headway.base.numbers import number_of
from headway.desk.cluster import Cluster
from headway.desk.subcommand import DONE
from headway.desk.telling import answer, answer_json
from headway.desk.writing import Addressed, write
from headway.wire.envelope import FIRST_ATTEMPT, MOST_ATTEMPTS
from headway.wire.records import job_id_from


def add_job(parser: ArgumentParser, attempt_words: str) -> None:
    """The job, and which attempt at it."""
    parser.add_argument("job", metavar="JOB", type=_job_id, help="the job_id")
    parser.add_argument("--attempt", type=_attempt, metavar="N", help=attempt_words)
    add_asking(parser)


def add_asking(parser: ArgumentParser) -> None:
    """Who asks, and how it is answered."""
    parser.add_argument(
        "--by", default=asker(), help="who asks, as told with the job (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def asker() -> str:
    """Who sits at the desk."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return "headway"


def commanded(cluster: Cluster, addressed: Addressed, *, as_json: bool) -> int:
    """Write one command, and say what it is."""
    write(cluster, [addressed])
    command = addressed.command
    if as_json:
        answer_json(asdict(command))
    else:
        stage = f" in stage {command.stage}" if command.stage else ""
        answer(
            f"{command.kind} of job {command.job_id}, attempt {command.attempt}{stage}, is asked "
            f"for: command {command.command_id}"
        )
    return DONE


def _job_id(text: str) -> str:
    if job_id_from(text.encode(errors="replace")) is None:
        raise ArgumentTypeError(f"{text!r} is no job_id: 1 to 128 characters of A-Z a-z 0-9 . _ -")
    return text


def _attempt(text: str) -> int:
    attempt = number_of(text, MOST_ATTEMPTS)
    if attempt is None or attempt < FIRST_ATTEMPT:
        raise ArgumentTypeError(f"{text!r} is no whole number from {FIRST_ATTEMPT} on")
    return attempt
