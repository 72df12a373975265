"""Everything up and ready, for as long as the context is open."""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from fleet import Fleet
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.declared.settings import read
from headway.edges import kafka
from headway.topics.provisioning import ProvisionSettings, ensure_topics
from localkafka import Purpose, RunningBroker, running_broker
from place import Place
from ports import choose, usual
from terminal import Terminal
from wiring import services


@dataclass(frozen=True, slots=True)
class Running:
    """Where it is found; *fleet* has to be mended now and then."""

    gateway: str
    dashboard: str
    fleet: Fleet


@contextmanager
def launched(place: Place, terminal: Terminal, *, usual_ports: bool) -> Iterator[Running]:
    """Start Kafka, create the topics, start the services; at the end all are stopped. Blocks.

    Order of the end: the gateway takes no more, the stages finish what they hold, the status
    service ends, then Kafka. Signals are ignored meanwhile: it takes seconds.

    Raises:
        HeadwayError: something did not start; the message says what to do.
    """
    with ExitStack() as stack:
        lock = stack.enter_context(place.taken())
        stack.callback(terminal.move, "")
        broker = _broker(stack, place, terminal)
        stack.callback(terminal.move, "stopping Kafka …")
        _create_topics(broker, terminal)
        ports = _ports(terminal, usual_ports=usual_ports)
        fleet = Fleet(terminal, lock=lock)
        stack.callback(fleet.stop)
        stack.callback(_ignore_signals)
        for service in services(place, ports, os.environ, bootstrap=broker.bootstrap_servers):
            fleet.start(service)
        fleet.wait_until_ready()
        up = Running(fleet.url("gateway"), fleet.url("status"), fleet)
        place.tell_address(up.dashboard)
        yield up


def _broker(stack: ExitStack, place: Place, terminal: Terminal) -> RunningBroker:
    since = time.monotonic()
    terminal.move("Kafka …")
    broker = stack.enter_context(
        running_broker(
            purpose=Purpose.DEMO,
            data_dir=place.path / "broker",
            tell=lambda line: terminal.move(f"Kafka: {line}"),
        )
    )
    detail = f"{broker.bootstrap_servers} ({broker.kind.value})"
    terminal.done("kafka", detail, f"{time.monotonic() - since:.1f} s")
    return broker


def _create_topics(broker: RunningBroker, terminal: Terminal) -> None:
    since = time.monotonic()
    environ = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers}
    settings = read(ProvisionSettings, environ)
    catalog = Catalog.of(settings)
    created = ensure_topics(kafka.client_options(settings), catalog)
    detail = f"{len(catalog.topics)} as declared in schemas/topics, {len(created)} of them new"
    terminal.done("topics", detail, f"{time.monotonic() - since:.1f} s")


def _ports(terminal: Terminal, *, usual_ports: bool) -> Mapping[str, int]:
    wanted = usual(Pipeline.load())
    if not usual_ports:
        wanted = dict.fromkeys(wanted, 0)
    ports = choose(wanted)
    for name, port in ports.items():
        if wanted[name] not in {port, 0}:
            terminal.warn(f"port {wanted[name]} is taken by another program: {name} gets {port}")
    return ports


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
