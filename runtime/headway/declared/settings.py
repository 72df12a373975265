"""The environment as one frozen object, read once in `__main__`; every fault told at once."""

import math
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Final, TypeVar, get_type_hints

from headway.base.errors import SettingsError

T = TypeVar("T")

#: An id of server-sent events names an offset a partition, and has to fit a header.
MOST_PARTITIONS: Final = 250


def setting(
    doc: str,
    *,
    default: Any = MISSING,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    secret: bool = False,
) -> Any:
    """A field read from the environment variable of its own name in capitals.

    A secret is left out where the settings are shown.
    """
    rules = {"doc": doc, "minimum": minimum, "maximum": maximum, "choices": choices}
    return field(default=default, metadata=rules, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """What whoever speaks to the cluster needs to be told; the same for all of a deployment."""

    kafka_bootstrap_servers: str = setting("Brokers to start from: host:port, comma separated.")
    kafka_client_options: str = setting(
        "Further options of the Kafka client, `name=value` separated by `;`; a value with a `;` "
        'is written `name="value"`.',
        default="",
        secret=True,
    )
    kafka_client_options_file: str = setting(
        "File of such options, `name=value` a line, or folder with a file for each (a mounted "
        "secret); the variable wins.",
        default="",
    )
    topic_prefix: str = setting(
        "Put before every topic, consumer group and transactional id.",
        default="",
    )
    partitions: int = setting(
        "Partitions of every topic, the same for all services; 0: as declared in schemas/topics.",
        default=0,
        minimum=0,
        maximum=MOST_PARTITIONS,
    )
    replication_factor: int = setting(
        "Copies of every record; 0: as many as there are brokers, at most 3. A service that is "
        "told a number refuses to start where it finds fewer.",
        default=0,
        minimum=0,
    )
    min_insync_replicas: int = setting(
        "Copies that have a record before it is acknowledged; 0: one less than there are, at "
        "least 1. A service that is told a number refuses to start where it finds less.",
        default=0,
        minimum=0,
    )
    log_level: str = setting(
        "Least severe line written to the log, which is JSON on stderr.",
        default="INFO",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
    )
    instance_id: str = setting(
        "This instance's name, unique among the living and stable over restarts if it can be: "
        "a restart under the same name ends its own unfinished transaction at once.",
        default=socket.gethostname(),
    )
    exit_seconds: float = setting(
        "What follows the drain (the last frame, leaving the group) may take this long; then the "
        "process ends itself with exit code 3, whatever hangs. Keep it below the 10 s between "
        "the drain's end and SIGKILL.",
        default=7.0,
        minimum=1,
    )


@dataclass(frozen=True, kw_only=True)
class Settings(KafkaSettings):
    """What every service needs to be told."""

    object_store_url: str = setting(
        "file:///folder, s3://bucket/prefix or memory://; the same for all services."
    )
    http_host: str = setting("Address to listen on.", default="0.0.0.0")  # noqa: S104 - a pod's own
    http_port: int = setting("Port to listen on.", minimum=0, maximum=65535)


def read(cls: type[T], environ: Mapping[str, str] | None = None) -> T:
    """Build *cls* from *environ* (the process's own by default).

    Raises:
        SettingsError: one line per fault, each naming the variable, its value and the rule.
    """
    source = os.environ if environ is None else environ
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    faults: list[str] = []
    for item in fields(cls):  # type: ignore[arg-type]  # every settings class is a dataclass
        raw = source.get(item.name.upper())
        try:
            values[item.name] = _default(item) if raw is None else _parse(item, hints, raw)
        except ValueError as error:
            told = str(error) if item.repr or raw is None else "does not fit; it is a secret"
            faults.append(f"{item.name.upper()}: {told} ({item.metadata['doc']})")
    if faults:
        raise SettingsError("the environment does not fit:\n  " + "\n  ".join(faults))
    return cls(**values)


def _default(item: Field[Any]) -> Any:
    if item.default is MISSING:
        raise ValueError("not set, and there is no default")
    return item.default


def _parse(item: Field[Any], hints: Mapping[str, Any], raw: str) -> Any:
    convert: Callable[[str], Any] = hints[item.name]
    try:
        value = _flag(raw) if hints[item.name] is bool else convert(raw)
    except ValueError as error:
        raise ValueError(f"{raw!r} is no {hints[item.name].__name__}") from error
    rules = item.metadata
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{raw!r} is no finite number")
    if rules["minimum"] is not None and value < rules["minimum"]:
        raise ValueError(f"{raw!r} is below {rules['minimum']}")
    if rules["maximum"] is not None and value > rules["maximum"]:
        raise ValueError(f"{raw!r} is above {rules['maximum']}")
    if rules["choices"] and value not in rules["choices"]:
        raise ValueError(f"{raw!r} is none of {', '.join(rules['choices'])}")
    return value


def _flag(raw: str) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if raw.lower() not in known:
        raise ValueError(raw)
    return known[raw.lower()]
