"""What `headway plan` is told, and the load that it is."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from headway.desk.plan.values import duration, for_one, goal, rate, size, stage
from headway.desk.subcommand import CannotRun
from headway.planning.costs import Costs
from headway.planning.load import Load, StageLoad
from headway.planning.simulation import JOBS

_EPILOG: Final = """\
headway plan --rate 500/s --stage p1=40ms --stage p2=120ms
headway plan --rate 10_000_000/h --stage p1=40ms --stage p2=120ms:0.5 --concurrency p2=32 \\
    --peak 1.5 --latency-goal p99=2s

What is left out is searched: --replicas, --partitions and --brokers fix it instead.
docs/howto/size.md says where the costs are from, and how far the times were off when measured."""
_DEFAULT: Final = Costs()


def add(parser: ArgumentParser) -> None:
    """Say what can be asked."""
    parser.epilog = _EPILOG
    _add_load(parser)
    _add_given(parser)
    _add_costs(parser)
    parser.add_argument("--jobs", type=int, default=JOBS, help="how many are simulated")
    parser.add_argument("--seed", type=int, default=1, help="another draw of the same load")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _add_load(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("the load")
    group.add_argument("--rate", type=rate, required=True, metavar="500/s", help="also /min, /h")
    group.add_argument(
        "--stage",
        type=stage,
        action="append",
        required=True,
        metavar="p1=40ms[:0.5]",
        help="in their order: the mean time of the handler, and its standard deviation by its "
        "mean (1 if it is not said, 0: always the same)",
    )
    group.add_argument("--peak", type=float, default=1.0, metavar="1.5", help="times that rate")
    group.add_argument("--burst", type=int, default=1, metavar="100", help="submitted at once")
    group.add_argument("--latency-goal", type=goal, metavar="p99=2s", help="submitted to end")


def _add_given(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("what there is (a number for all stages, or p1=4 for one)")
    for name, default, words in (
        ("concurrency", "8", "CONCURRENCY of an instance (8 if it is not said)"),
        ("cpu-bound", "2", "handlers compute: the cores of an instance; else they wait"),
        ("replicas", "p1=4", "fixed instead of searched"),
    ):
        group.add_argument(
            f"--{name}", type=for_one, action="append", default=[], metavar=default, help=words
        )
    group.add_argument("--partitions", type=int, default=0, metavar="24", help="fixed")
    group.add_argument("--brokers", type=int, default=0, metavar="3", help="fixed")


def _add_costs(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("what things cost")
    for name, kind, default, words in (
        ("frame", duration, f"{_DEFAULT.frame * 1000:g}ms", "headway_frame_seconds, its mean"),
        ("hop", duration, f"{_DEFAULT.hop * 1000:g}ms", "from a commit to the next reader"),
        ("job-bytes", size, f"{_DEFAULT.job_bytes}B", "written by a stage for a job, one copy"),
        ("copies", int, str(_DEFAULT.copies), "replication factor"),
        ("broker-cores", int, str(_DEFAULT.broker_cores), "cores of a broker"),
        ("broker-bytes", size, f"{_DEFAULT.broker_bytes / 1e6:g}MB", "what one writes in a second"),
    ):
        shown = f"{words} ({default})"
        group.add_argument(f"--{name}", type=kind, default=default, metavar=default, help=shown)


def load_of(chosen: Namespace) -> Load:
    """What was told, with 0 for what is to be searched.

    Raises:
        CannotRun: it contradicts itself.
    """
    names = [one.name for one in chosen.stage]
    if len(set(names)) < len(names):
        raise CannotRun("a stage is named twice")
    if chosen.peak < 1 or chosen.burst < 1 or chosen.jobs < 1:
        raise CannotRun("--peak, --burst and --jobs are 1 at least")
    stages = _told(chosen.stage, "concurrency", chosen.concurrency, whole=True)
    stages = _told(stages, "cores", chosen.cpu_bound, whole=False)
    stages = _told(stages, "replicas", chosen.replicas, whole=True)
    return Load(
        rate=chosen.rate * chosen.peak,
        stages=tuple(stages),
        partitions=chosen.partitions,
        brokers=chosen.brokers,
        burst=chosen.burst,
        costs=_costs(chosen),
    )


def _told(
    stages: Iterable[StageLoad], field: str, told: Iterable[tuple[str, float]], *, whole: bool
) -> list[StageLoad]:
    """*stages* with what was told of that field, the last word of each."""
    found = {stage.name: stage for stage in stages}
    for name, number in told:
        if name and name not in found:
            raise CannotRun(f"{name}={number:g}: there is no --stage {name}")
        value = int(number) if whole else number
        for one in [name] if name else list(found):
            found[one] = replace(found[one], **{field: value})  # type: ignore[arg-type]  # by name
    return list(found.values())


def _costs(chosen: Namespace) -> Costs:
    return replace(
        _DEFAULT,
        frame=chosen.frame,
        hop=chosen.hop,
        job_bytes=int(chosen.job_bytes),
        copies=chosen.copies,
        broker_cores=chosen.broker_cores,
        broker_bytes=chosen.broker_bytes,
    )
