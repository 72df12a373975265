"""How rules and windows stand, read from their topics: no service is asked."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from headway.base.errors import DecodeError, UnknownSchema
from headway.base.words import bounded
from headway.desk.cluster import Cluster
from headway.desk.reading import read_to_end
from headway.desk.subcommand import CannotRun
from headway.wire.codec import Codec
from headway.wire.schedules.rule import Rule, rule_in, summed
from headway.wire.schedules.window import Windows, window_in, windows_at

T = TypeVar("T")

_MOST_NAME_CHARACTERS = 200


class Standing(NamedTuple):
    """Each rule in all its lanes, and each window, by their names."""

    rules: Mapping[str, Rule]
    windows: Mapping[str, Windows]


def standing(cluster: Cluster, now_ms: int) -> Standing:
    """How they stand at *now_ms*. Blocks.

    Raises:
        CannotRun: the cluster went away, or a newer release wrote a record.
    """
    rules = _read(cluster, cluster.pipeline.schedule_rules, rule_in)
    windows = _read(cluster, cluster.pipeline.windows, window_in)
    return Standing(
        {name: summed(lanes.values()) for name, lanes in rules.items()},
        {name: windows_at(lanes.values(), now_ms) for name, lanes in windows.items()},
    )


def rules(cluster: Cluster) -> Mapping[str, Rule]:
    """Each rule in all its lanes. As `standing`."""
    found = _read(cluster, cluster.pipeline.schedule_rules, rule_in)
    return {name: summed(lanes.values()) for name, lanes in found.items()}


def _read(
    cluster: Cluster, named: str, read: Callable[[Codec, bytes], T]
) -> dict[str, dict[int, T]]:
    """What each lane said last under each name."""
    topic = cluster.topic(named)
    said: dict[str, dict[int, T]] = defaultdict(dict)
    places = [(topic, index) for index in range(cluster.counts[topic])]
    for message in read_to_end(cluster, places, "records read"):
        name = bounded((message.key() or b"").decode(errors="replace"), _MOST_NAME_CHARACTERS)
        lane, data = message.partition() or 0, message.value()
        if data is None:
            said[name].pop(lane, None)
            continue
        try:
            said[name][lane] = read(cluster.codec, data)
        except UnknownSchema as error:
            raise CannotRun(f"a newer release wrote {topic}: {error}; use its commands") from error
        except DecodeError:
            continue  # anybody may write a topic
    return {name: lanes for name, lanes in sorted(said.items()) if lanes}
