"""Which dead letters: the filters of the command line, and the letters they leave."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from headway.desk.cluster import Cluster
from headway.desk.letters.letter import Letter, letter_of
from headway.desk.reading import read_to_end
from headway.desk.subcommand import CannotRun
from headway.desk.times import moment_of
from headway.edges.kafka import Message
from headway.wire.carried import CarriedRecords


def add_filters(parser: ArgumentParser) -> None:
    """The filters; those left out keep everything."""
    parser.add_argument("--stage", metavar="NAME", help="given up by that stage")
    parser.add_argument("--error-class", metavar="NAME", help="of that class of errors")
    parser.add_argument("--since", type=moment_of, metavar="TIME", help="2h, 1d, or ISO 8601")
    parser.add_argument("--until", type=moment_of, metavar="TIME", help="likewise")
    parser.add_argument("--job", metavar="JOB", help="of that job")


def is_filtered(chosen: Namespace) -> bool:
    """Whether any filter was given."""
    given = (chosen.stage, chosen.error_class, chosen.since, chosen.until, chosen.job)
    return any(value is not None for value in given)


def selected(cluster: Cluster, chosen: Namespace) -> Iterator[tuple[Letter, Message]]:
    """The letters that the filters leave, those of a partition in order.

    Raises:
        CannotRun: there is no such stage, or the cluster went away.
    """
    carried = CarriedRecords(cluster.codec)
    places = [
        (topic, index)
        for topic in _topics(cluster, chosen.stage)
        for index in range(cluster.counts[topic])
    ]
    for message in read_to_end(cluster, places, "dead letters read", since=chosen.since):
        letter = letter_of(message, carried)
        if _fits(letter, chosen):
            yield letter, message


def _topics(cluster: Cluster, stage: str | None) -> list[str]:
    declared = {one.name: one.dead_letters for one in cluster.pipeline.stages}
    if stage is not None and stage not in declared:
        raise CannotRun(f"--stage {stage}: the stages are {', '.join(declared)}")
    names = declared.values() if stage is None else [declared[stage]]
    return [cluster.topic(name) for name in names]


def _fits(letter: Letter, chosen: Namespace) -> bool:
    return (
        chosen.error_class in {None, letter.error_class}
        and chosen.job in {None, letter.job_id}
        and (chosen.since is None or letter.failed_at >= chosen.since)
        and (chosen.until is None or letter.failed_at < chosen.until)
    )
