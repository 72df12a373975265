"""The topics in words: a table of them, and their flow as a Mermaid chart."""

import re
from collections.abc import Collection
from typing import Final

from headway.declared.catalog import Catalog, Topic
from headway.declared.pipeline import Pipeline

_PERIODS: Final = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"))


def mermaid(catalog: Catalog, pipeline: Pipeline, services: Collection[str]) -> str:
    """Who writes and reads which topic; *services* are ours, every other user is outside."""
    stages = {stage.name for stage in pipeline.stages}
    lines = ["flowchart LR"]
    lines += [f'  {_id(name)}[("{name}")]' for name in catalog.topics]
    users = {u for topic in catalog.topics.values() for u in (*topic.producers, *topic.consumers)}
    lines += [f"  {_node(user, services)}" for user in sorted(users)]
    for topic in catalog.topics.values():
        dashed = topic.logical_name == pipeline.progress
        arrow = "-.->" if dashed else "-->"
        for writer in topic.producers:
            edge = "==>" if writer in stages and not dashed else arrow
            lines.append(f"  {_id(writer)} {edge} {_id(topic.logical_name)}")
        for reader in topic.consumers:
            lines.append(f"  {_id(topic.logical_name)} {arrow} {_id(reader)}")
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def table(catalog: Catalog, pipeline: Pipeline) -> str:
    """A line a topic, in the order a job meets them."""
    named = [pipeline.source, *(stage.sink for stage in pipeline.stages)]
    named += [pipeline.state, pipeline.progress]
    named += [stage.dead_letters for stage in pipeline.stages]
    lines = [
        "| topic | written by | read by | value | partitions | kept | purpose |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{topic.logical_name}` | {', '.join(topic.producers)} "
        f"| {', '.join(topic.consumers)} | {_value(topic)} | {topic.partitions} "
        f"| {kept(topic)} | {topic.purpose} |"
        for topic in (catalog[name] for name in named)
    ]
    return "\n".join(lines) + "\n"


def kept(topic: Topic) -> str:
    """What Kafka keeps of it, and for how long."""
    if topic.cleanup_policy == "compact":
        return "newest of each job"
    milliseconds = int(topic.config["retention.ms"])
    if milliseconds < 0:
        return "for ever"
    for length, unit in _PERIODS:
        count, rest = divmod(milliseconds, length)
        if count and not rest:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{milliseconds} ms"


def _value(topic: Topic) -> str:
    return f"`{topic.value}`" if topic.value.partition(".v")[1] else topic.value


def _id(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _node(name: str, services: Collection[str]) -> str:
    return f"{_id(name)}([{name}])" if name in services else f'{_id(name)}["{name}"]'
