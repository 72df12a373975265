"""Settings of the services as values of the chart: names, words and rules are the classes'."""

import json
import textwrap
from collections.abc import Iterable
from dataclasses import MISSING, Field
from types import MappingProxyType
from typing import Any, Final, get_type_hints

import reference
import tree
from headway.declared.settings import Settings
from headway.declared.stage import StageSettings

_WIDTH: Final = 98

#: Settings that are no value of their own name, and what they follow from.
FOLLOWS_FROM: Final = MappingProxyType(
    {
        "KAFKA_BOOTSTRAP_SERVERS": "kafka.bootstrapServers",
        "KAFKA_CLIENT_OPTIONS": "kafka.options",
        "KAFKA_CLIENT_OPTIONS_FILE": "kafka.optionsSecret",
        "TOPIC_PREFIX": "kafka.topicPrefix",
        "PARTITIONS": "kafka.partitions",
        "REPLICATION_FACTOR": "kafka.replicationFactor",
        "MIN_INSYNC_REPLICAS": "kafka.minInsyncReplicas",
        "OBJECT_STORE_URL": "objectStore.url",
        "STATUS_URL": "status.url",
        "GATEWAY_URL": "gateway.url",
        "STATUS_API_URL": "status.service.port",
        "DATA_DIR": "status.persistence.enabled",
        "SCRATCH_DIR": "stageDefaults.tmpSizeLimit",
        "SCHEDULES_FILE": "scheduler.schedules",
        # The pod's name, and every address of the pod: nobody has a reason to say others.
        "INSTANCE_ID": "",
        "HTTP_HOST": "",
    }
)
#: Where a class leaves to its heirs what the chart needs to know: the port of a stage.
_LEFT_OPEN: Final = MISSING


def of_every_service() -> str:
    """A value for each setting that all services have."""
    return _block(Settings, None)


def of_every_stage() -> str:
    """A value for each setting that stages have beside those."""
    return _block(StageSettings, Settings)


def of(service: str) -> str:
    """A value for each setting that *service* adds to those of its kind, or says otherwise."""
    base = StageSettings if service in tree.stages() else Settings
    return _block(tree.settings_of(service), base)


def names_of(service: str) -> tuple[str, ...]:
    """Every setting of *service* that is a value of its own name."""
    return tuple(_named(reference.own(tree.settings_of(service), None)))


def _block(cls: type[Any], base: type[Any] | None) -> str:
    hints = get_type_hints(cls)
    lines = ["settings:"]
    for item in reference.own(cls, base):
        if item.name.upper() not in FOLLOWS_FROM and item.default is not _LEFT_OPEN:
            lines += (f"  {line}" for line in _value(item, hints[item.name]))
    return "\n".join(lines if len(lines) > 1 else ["settings: {}"]) + "\n"


def _named(items: Iterable[Field[Any]]) -> Iterable[str]:
    return (name for item in items if (name := item.name.upper()) not in FOLLOWS_FROM)


def _value(item: Field[Any], kind: type[Any]) -> list[str]:
    lines = commented(item.metadata["doc"])
    if rules := _rules(item):
        lines.append(f"# @schema {rules}")
    default = kind(item.default)  # an int stands for a float in some classes
    return [*lines, f"{item.name.upper()}: {json.dumps(default)}"]


def commented(words: str) -> list[str]:
    """*words* as the comment that begins what a value is for."""
    return textwrap.wrap(
        words, _WIDTH, initial_indent="# -- ", subsequent_indent="# ", break_on_hyphens=False
    )


def _rules(item: Field[Any]) -> str:
    told = item.metadata
    rules = [f"{name}: {told[name]}" for name in ("minimum", "maximum") if told[name] is not None]
    if told["choices"]:
        rules.append(f"enum: [{', '.join(told['choices'])}]")
    return f"{{{', '.join(rules)}}}" if rules else ""
