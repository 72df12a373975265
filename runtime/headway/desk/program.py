"""`headway`: its sub-commands, and how each end of one becomes an exit code.

Exit codes: 0 done; 1 not done, or not all of it, or not found; 2 it could not begin.
"""

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from headway.base.errors import HeadwayError, SettingsError, TransientError
from headway.desk import audit
from headway.desk.doctor import command as doctor
from headway.desk.jobs import cancel, forget, release, reprocess, retry
from headway.desk.letters import deadletters
from headway.desk.plan import command as plan
from headway.desk.schedules import command as schedules
from headway.desk.subcommand import (
    CANNOT_RUN,
    NOT_DONE,
    CannotRun,
    SubCommand,
    add_all,
    run_chosen,
)
from headway.desk.telling import note
from headway.edges import kafka
from headway.observing import log

#: A further one is a file and a line here.
SUBCOMMANDS: Final[Sequence[SubCommand]] = (
    retry.SUBCOMMAND,
    cancel.SUBCOMMAND,
    release.SUBCOMMAND,
    reprocess.SUBCOMMAND,
    forget.SUBCOMMAND,
    schedules.SUBCOMMAND,
    deadletters.SUBCOMMAND,
    audit.SUBCOMMAND,
    doctor.SUBCOMMAND,
    plan.SUBCOMMAND,
)

_DESCRIPTION: Final = "Looks after the jobs of the cluster that the environment names."
_EPILOG: Final = """\
environment: KAFKA_BOOTSTRAP_SERVERS, KAFKA_CLIENT_OPTIONS, KAFKA_CLIENT_OPTIONS_FILE and
TOPIC_PREFIX as the services have them; OBJECT_STORE_URL where files are read.
exit codes: 0 done; 1 not done, not all of it, or not found; 2 it could not begin."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    chosen = _parser().parse_args(arguments)
    with _log(verbose=chosen.verbose):
        return _ended(chosen)


@contextmanager
def _log(*, verbose: bool) -> Iterator[None]:
    """Nothing is logged but on demand: what matters is told."""
    before = logging.root.manager.disable
    if verbose:
        log.configure("headway")
    else:
        logging.disable(logging.CRITICAL)
    yield
    logging.disable(before)


def _ended(chosen: argparse.Namespace) -> int:
    try:
        return run_chosen(chosen)
    except BrokenPipeError:
        # Whoever read the output has gone: what is left of it goes nowhere, without a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_DONE
    except KeyboardInterrupt:
        note("interrupted; what was done stays done, and running it again is safe")
        return NOT_DONE
    except kafka.KafkaException as error:
        note(f"the cluster: {kafka.describe(error)}")
        return CANNOT_RUN
    except (CannotRun, SettingsError, TransientError) as error:
        note(str(error))
        return CANNOT_RUN
    except HeadwayError as error:
        note(str(error))
        return NOT_DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="headway",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log lines on stderr as well")
    add_all(parser, SUBCOMMANDS)
    return parser
