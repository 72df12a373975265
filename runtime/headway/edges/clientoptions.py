r"""Options of the Kafka clients: ours, each with its reason, and what an operator may say of them.

What an operator says wins over ours, and is refused where it would break a promise.

    KAFKA_CLIENT_OPTIONS        security.protocol=SASL_SSL;sasl.password="se;cret"
    KAFKA_CLIENT_OPTIONS_FILE   a file of lines name=value; # begins a comment
                                or a folder: each file is an option of that name

In the variable a value with `;` stands between double quotes, with `\"` for a quote and `\\` for
a backslash. In the file a value is the rest of its line as it stands. A folder is what a cluster
makes of a Secret: no line of it has to be put together. Names are librdkafka's; the variable wins
over the file. A fault is told without any value, for it may be a secret; and
without the name of an option nobody knows, for it may be the rest of one that was cut at a `;`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from headway.base.errors import SettingsError

VARIABLE: Final = "KAFKA_CLIENT_OPTIONS"
FILE: Final = "KAFKA_CLIENT_OPTIONS_FILE"

#: Of every client.
_RECONNECTING: Final = {"reconnect.backoff.max.ms": 1000}
CONSUMER: Final[dict[str, Any]] = {
    **_RECONNECTING,
    "group.id": "unused",
    "isolation.level": "read_committed",
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "earliest",
    "allow.auto.create.topics": False,
    # A broker holds an empty fetch this long; records that arrive end the wait at once.
    "fetch.wait.max.ms": 100,
    "fetch.error.backoff.ms": 50,
}
PRODUCER: Final[dict[str, Any]] = {
    **_RECONNECTING,
    # Java's default partitioner, so that every producer agrees on a job's partition.
    "partitioner": "murmur2_random",
    "linger.ms": 0,
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "lz4",
    # The broker answers CONCURRENT_TRANSACTIONS while the transaction before is still being
    # completed; at the client's default of 100 ms back-to-back transactions take 100 ms each, at
    # 2 ms about 5 ms.
    "retry.backoff.ms": 2,
}
ADMIN: Final[dict[str, Any]] = {
    **_RECONNECTING,
    # Connected as needed, a client that is asked about a broker that is away tries to connect
    # without a pause, thousands of times a second (librdkafka 2.16: each failure wakes the
    # question, which asks for a connection at once): a core for each client.
    "enable.sparse.connections": False,
}

_FENCE: Final = "exactly-once rests on it"
_COMMITS: Final = "offsets are committed in the transaction of the work, and never otherwise"
_FRAME: Final = "a frame has to fit"
#: What is not the operator's to say, each with its reason; librdkafka's aliases included.
RESERVED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bootstrap.servers": "say KAFKA_BOOTSTRAP_SERVERS",
        "metadata.broker.list": "say KAFKA_BOOTSTRAP_SERVERS",
        "group.id": "a group is named after its stage; say TOPIC_PREFIX",
        "group.instance.id": "it would be the same for every client of the process",
        "group.protocol": "sessions and assignment are the stage's",
        "group.remote.assignor": "sessions and assignment are the stage's",
        "partition.assignment.strategy": "only partitions that move may be touched",
        "session.timeout.ms": "say SESSION_TIMEOUT_MS",
        "isolation.level": _FENCE,
        "enable.auto.commit": _COMMITS,
        "enable.auto.offset.store": _COMMITS,
        "auto.commit.interval.ms": _COMMITS,
        "auto.offset.reset": "each reader knows what a lost offset means to it",
        "topic.auto.offset.reset": "each reader knows what a lost offset means to it",
        "enable.partition.eof": "the ends of partitions are waited for",
        "allow.auto.create.topics": "topics are declared",
        "transactional.id": "it is made of TOPIC_PREFIX, the stage and INSTANCE_ID",
        "transaction.timeout.ms": "say TRANSACTION_TIMEOUT_MS",
        "enable.idempotence": _FENCE,
        "acks": _FENCE,
        "request.required.acks": _FENCE,
        "max.in.flight": _FENCE,
        "max.in.flight.requests.per.connection": _FENCE,
        "retries": _FENCE,
        "message.send.max.retries": _FENCE,
        "delivery.timeout.ms": "say PUBLISH_TIMEOUT_SECONDS (gateway) or TRANSACTION_TIMEOUT_MS",
        "message.timeout.ms": "say PUBLISH_TIMEOUT_SECONDS (gateway) or TRANSACTION_TIMEOUT_MS",
        "delivery.report.only.error": "an acknowledgement is what the gateway waits for",
        "partitioner": "every producer has to agree on a job's partition",
        "message.max.bytes": "the declared topics say how large a record is",
        "queue.buffering.max.messages": _FRAME,
        "queue.buffering.max.kbytes": _FRAME,
    }
)
#: Names whose values are never shown.
_SECRET: Final = re.compile(r"pass|secret|token|key|jaas|oauthbearer\.config")
_EMPTY: Final = re.compile(r"\s*(?:;|$)")
_PART: Final = re.compile(
    r"""\s*(?P<name>[^=;"]*?)\s*=\s*
        (?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^;"][^;]*|))
        \s*(?:;|$)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_QUOTED_NAME: Final = re.compile(r'"([^"]*)"')
_HINT: Final = 'a value with a semicolon or a leading quote is written name="value"'


class MaskedOptions(dict[str, Any]):
    """Options of a client; whoever shows them, or something that has them, shows no secret."""

    def __repr__(self) -> str:
        return repr({n: "***" if value and is_secret(n) else value for n, value in self.items()})


class Given(NamedTuple):
    """Options by name, and for each the place it was given at, in words."""

    options: MaskedOptions
    places: dict[str, str]


def is_secret(name: str) -> bool:
    """Whether the value of the option of that name may be shown to nobody."""
    return _SECRET.search(name) is not None


def operator_options(variable: str, path: str = "") -> Given:
    """The options that the file at *path* (if any) and the variable give.

    Raises:
        SettingsError: a part is not of the form above, an option is reserved, or the file
            cannot be read.
    """
    given = Given(MaskedOptions(), {})
    for place, name, value in (*_of_file(path), *_of_variable(variable)):
        if reason := RESERVED.get(name):
            raise SettingsError(f"{place}: {name} is reserved: {reason}")
        given.options[name], given.places[name] = value, place
    return given


def refusal(given: Given, said: str) -> str:
    """What the client *said* of these options, fit to be shown."""
    if "No such configuration property" in said:
        name = next(iter(_QUOTED_NAME.findall(said)), "")
        place = given.places.get(name, VARIABLE)
        known_place = f", {name}," if place.startswith(FILE) else ""
        return f"{place}{known_place} is no option of librdkafka; {_HINT}"
    for name, value in given.options.items():
        if value and is_secret(name):
            said = said.replace(value, "***")
    where = " and ".join(sorted({place.partition(":")[0] for place in given.places.values()}))
    return f"{where}: the client refuses them: {said.strip()}"


def secrets(options: Mapping[str, Any]) -> list[str]:
    """The values of those options whose names say that they are no one's to see."""
    return [str(value) for name, value in options.items() if value and _SECRET.search(name)]


def _of_variable(text: str) -> Iterator[tuple[str, str, str]]:
    at = number = 0
    while at < len(text):
        if empty := _EMPTY.match(text, at):
            at = empty.end()
            continue
        part, number = _PART.match(text, at), number + 1
        place = f"{VARIABLE}: option {number}"
        if part is None or not part["name"]:
            raise SettingsError(f"{place} is not name=value; {_HINT}")
        quoted = part["quoted"]
        value = part["plain"].strip() if quoted is None else _ESCAPED.sub(r"\1", quoted)
        yield place, part["name"], value
        at = part.end()


def _of_file(path: str) -> Iterator[tuple[str, str, str]]:
    if path and Path(path).is_dir():
        yield from _of_folder(Path(path))
        return
    lines = _text(Path(path)).splitlines() if path else ()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip()[0] in "#!":
            continue
        name, equals, value = line.partition("=")
        place = f"{FILE}: line {number}"
        if not equals or not name.strip():
            raise SettingsError(f"{place} is not name=value")
        yield place, name.strip(), value.strip()


def _of_folder(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Each file; where a cluster keeps what it swaps at a change begins with a dot."""
    for path in sorted(folder.iterdir()):
        if not path.name.startswith("."):
            yield f"{FILE}: {path.name}", path.name, _text(path).rstrip("\r\n")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{FILE}: {path} cannot be read: {error}") from error
