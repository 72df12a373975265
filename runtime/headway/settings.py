"""The environment as one frozen object, read once in `__main__`; every fault told at once."""

import math
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar, get_type_hints

from headway.errors import SettingsError

T = TypeVar("T")


def setting(
    doc: str,
    *,
    default: Any = MISSING,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A field read from the environment variable of its own name in capitals."""
    rules = {"doc": doc, "minimum": minimum, "maximum": maximum, "choices": choices}
    return field(default=default, metadata=rules)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every service needs to be told."""

    kafka_bootstrap_servers: str = setting("Brokers to start from: host:port, comma separated.")
    kafka_client_options: str = setting(
        "Further client options, `name=value` separated by `;` (security.protocol=SASL_SSL;...).",
        default="",
    )
    topic_prefix: str = setting(
        "Put before every topic, consumer group and transactional id.",
        default="",
    )
    object_store_url: str = setting("file:///folder, s3://bucket/prefix or memory://.")
    http_host: str = setting("Address to listen on.", default="0.0.0.0")  # noqa: S104 - a pod's own
    http_port: int = setting("Port to listen on.", minimum=0, maximum=65535)
    log_level: str = setting(
        "Least severe log line written.",
        default="INFO",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
    )
    instance_id: str = setting(
        "This instance's name, unique among the living and stable over restarts if it can be: "
        "a restart under the same name ends its own unfinished transaction at once.",
        default=socket.gethostname(),
    )


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
            faults.append(f"{item.name.upper()}: {error} ({item.metadata['doc']})")
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
