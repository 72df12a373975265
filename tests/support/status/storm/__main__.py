"""Two replicas behind a switching proxy, killed, stopped, wiped, while jobs flow and are watched.

What must hold for every reader of events, whatever happens to it: no job is older than what it has
seen, none is gone, nothing is forgotten, and in the end it knows the end of every job it watches.
`python -m support.status.storm` is the long form, `test_storm.py` the short one.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from support.kafka.cluster import Cluster
from support.status.storm.course import run
from support.status.storm.form import Form

from localkafka import running_broker


def main() -> None:
    """The long form on a broker of its own; exit code 1 if anything was untrue."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--jobs", type=int, default=5000)
    parser.add_argument("--watchers", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    form = Form(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as folder, running_broker() as broker:
        outcome = run(Cluster(broker.bootstrap_servers), Path(folder), form)
    told = asdict(outcome)
    told |= {"faults": len(outcome.faults), "unfinished": len(outcome.unfinished)}
    lines = [json.dumps({**asdict(form), **told}, indent=1)]
    sys.stdout.write("\n".join([*lines, *outcome.faults[:20], *outcome.unfinished[:20], ""]))
    sys.exit(1 if outcome.faults or outcome.unfinished else 0)


if __name__ == "__main__":
    main()
