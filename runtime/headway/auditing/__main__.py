"""`python -m headway.auditing`: see `headway.auditing.command`."""

import argparse
import sys

from headway.auditing import command

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m headway.auditing")
    command.add(parser)
    sys.exit(command.run(parser.parse_args()))
