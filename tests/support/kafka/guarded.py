"""A broker that asks who one is and what one may do: SASL PLAIN, and Kafka's own authorizer."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka
from localkafka.broker import BrokerFailed, new_cluster_id, tail, wait_until_answers
from localkafka.home import home_at
from localkafka.jvm import Jvm, find_java, kafka_jars
from localkafka.ports import free_ports
from localkafka.process import SupervisedProcess, locked
from localkafka.properties import JVM_HEAP, local_properties

#: Who may do everything, and who may do what is granted.
ADMIN: Final = "admin"
USERS: Final = (ADMIN, "service")
_AUTHORIZER: Final = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
_MODULE: Final = "org.apache.kafka.common.security.plain.PlainLoginModule"


@dataclass(frozen=True, slots=True)
class Guarded:
    """As long as the context that gave it is open."""

    bootstrap_servers: str

    def client_options(self, user: str, password: str = "") -> str:
        """What KAFKA_CLIENT_OPTIONS is for a user."""
        return (
            "security.protocol=SASL_PLAINTEXT;sasl.mechanism=PLAIN;"
            f"sasl.username={user};sasl.password={password or word_of(user)}"
        )

    def options(self, user: str) -> kafka.Options:
        """The same for a client of a test."""
        parts = (part.partition("=") for part in self.client_options(user).split(";"))
        named = {name: value for name, _, value in parts}
        return {"bootstrap.servers": self.bootstrap_servers, **named}


def word_of(user: str) -> str:
    """The password of a user."""
    return f"{user}-word"


@contextmanager
def guarded_broker() -> Iterator[Guarded]:
    """Run one. Blocks.

    Raises:
        BrokerMissing: this machine cannot run Kafka as a Java process.
        BrokerFailed: it did not start.
    """
    jvm = Jvm(find_java(os.environ), kafka_jars(os.environ, lambda _: None))
    clients, controller, inside = free_ports((0, 0, 0))
    with home_at(None) as home, locked(home.lock_file, timeout_seconds=DEADLINE_SECONDS) as lock:
        home.write_properties(_properties(clients, controller, inside))
        home.format(jvm, new_cluster_id())
        process = SupervisedProcess(
            jvm.command("kafka.Kafka", str(home.properties_file), options=JVM_HEAP),
            log_file=home.log_file,
            working_dir=home.path,
            scratch=home.path,
            held_descriptor=lock,
        )
        try:
            if not wait_until_answers(
                f"127.0.0.1:{inside}",
                timeout_seconds=DEADLINE_SECONDS,
                hopeless=lambda: process.exit_code is not None,
            ):
                raise BrokerFailed(f"Kafka did not start: {tail(home.said())}")
            yield Guarded(f"127.0.0.1:{clients}")
        finally:
            process.stop()


def _properties(clients: int, controller: int, inside: int) -> dict[str, str]:
    """Clients come by SASL; the broker itself by a listener of its own, without a name."""
    users = " ".join(f'user_{name}="{word_of(name)}"' for name in USERS)
    return {
        **local_properties(port=clients, controller_port=controller),
        "listeners": f"CLIENTS://127.0.0.1:{clients},INSIDE://127.0.0.1:{inside},"
        f"CONTROLLER://127.0.0.1:{controller}",
        "listener.security.protocol.map": "CLIENTS:SASL_PLAINTEXT,INSIDE:PLAINTEXT,"
        "CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "INSIDE",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.clients.plain.sasl.jaas.config": f"{_MODULE} required {users};",
        "authorizer.class.name": _AUTHORIZER,
        "super.users": f"User:{ADMIN};User:ANONYMOUS",
    }
