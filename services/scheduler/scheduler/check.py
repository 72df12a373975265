"""`python -m scheduler.check [FILE]`: whether a file of rules fits, without a cluster."""

import sys

from headway.base.errors import SettingsError
from headway.declared.pipeline import Pipeline
from scheduler.rules.schedules import load


def main(arguments: list[str]) -> int:
    """The exit code: 0 it fits, 2 it does not, and every fault was told."""
    try:
        schedules = load(next(iter(arguments), ""), Pipeline.load())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{len(schedules)} rules, those included that come with the pipeline\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
