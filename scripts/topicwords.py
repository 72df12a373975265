"""The topics in words: a table of them, and their flow as a Mermaid chart."""

import re
from collections.abc import Collection
from typing import Final

from headway.declared.catalog import Catalog, Topic
from headway.declared.pipeline import Pipeline, StageDeclaration

_UNITS: Final = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_PERIODS: Final = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"))


def mermaid(catalog: Catalog, pipeline: Pipeline, services: Collection[str]) -> str:
    """Who writes and reads which topic; *services* are ours, every other user is outside."""
    stages = {stage.name for stage in pipeline.stages}
    lines = ["flowchart LR"]
    tiers = {name: of_tiers(stage) for stage in pipeline.stages for name in stage.retry_topics}
    shown = {name: tiers.get(name, name) for name in catalog.topics}
    lines += [f'  {_id(name)}[("{name}")]' for name in dict.fromkeys(shown.values())]
    users = {u for topic in catalog.topics.values() for u in (*topic.producers, *topic.consumers)}
    lines += [f"  {_node(user, services)}" for user in sorted(users)]
    for name, words in shown.items():
        topic = catalog[name]
        dashed = topic.logical_name in {pipeline.progress, pipeline.reports}
        arrow = "-.->" if dashed else "-->"
        for writer in topic.producers:
            edge = "==>" if writer in stages and not dashed else arrow
            lines.append(f"  {_id(writer)} {edge} {_id(words)}")
        for reader in topic.consumers:
            lines.append(f"  {_id(words)} {arrow} {_id(reader)}")
    return "```mermaid\n" + "\n".join(dict.fromkeys(lines)) + "\n```\n"


def table(catalog: Catalog, pipeline: Pipeline) -> str:
    """A line a topic, in the order a job meets them."""
    named = [pipeline.source, *(stage.sink for stage in pipeline.stages)]
    named += [pipeline.state, pipeline.progress, pipeline.reports]
    named += [pipeline.commands, pipeline.results]
    for stage in pipeline.stages:
        named += [*stage.retry_topics, stage.dead_letters]
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


def of_tiers(stage: StageDeclaration) -> str:
    """All of a stage in one name: `p1.retry.1-3`."""
    first, count = stage.retry_topics[0], len(stage.retry_topics)
    return f"{first}-{count}" if count > 1 else first


def lasting(seconds: float) -> str:
    """So long, in the unit that suits it: `5 s`, `10 min`."""
    for length, unit in _UNITS:
        if seconds >= length:
            return f"{seconds / length:g} {unit}"
    return f"{seconds * 1000:g} ms"


def _value(topic: Topic) -> str:
    return f"`{topic.value}`" if topic.value.partition(".v")[1] else topic.value


def _id(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _node(name: str, services: Collection[str]) -> str:
    return f"{_id(name)}([{name}])" if name in services else f'{_id(name)}["{name}"]'
