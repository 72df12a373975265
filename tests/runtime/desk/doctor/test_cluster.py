"""What the doctor finds in a cluster, and that it leaves nothing behind."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from support.desk.deployment import Deployment
from support.desk.doctoring import Found
from support.processes import free_port
from support.waiting import DEADLINE_SECONDS

from headway.base.clock import SystemClock
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.desk.doctor.checks import brokers, clocks, hanging
from headway.desk.doctor.patient import Patient
from headway.edges import kafka
from headway.edges.admin import ends
from headway.edges.messages import is_end_of_partition

pytestmark = pytest.mark.broker

Doctor = Callable[..., Found]


class _Ahead(SystemClock):
    """A clock that is two hours ahead of all others."""

    def now_ms(self) -> int:
        return super().now_ms() + 2 * 3600 * 1000


def test_a_cluster_that_has_all_that_is_needed_is_well(doctor: Doctor) -> None:
    """Exit code 0; each check tells what it saw, and what is only to be looked at is told, too."""
    # Given a deployment whose topics are as declared, when it is examined
    told = doctor()

    # Then nothing is wrong, and every check that asks the cluster had an answer
    assert (told.code, told.wrong) == (0, set()), told.text
    for check in ("brokers", "topics", "reading", "clocks", "groups", "hanging", "store"):
        assert told.of(check, "well"), told.text
    assert [line.partition(":")[0] for line in told.of("rights", "well")] == [
        *Pipeline.load().groups,
        "gateway",
        "status",
    ]


def test_it_leaves_nothing_that_anybody_reads(doctor: Doctor, deployment: Deployment) -> None:
    """Its transactions are aborted: no record of them is read, no offset of them is committed."""
    # Given a deployment that was examined
    assert doctor().code == 0

    # When what it wrote is looked for
    topic, group = f"{deployment.prefix}job-progress", f"{deployment.prefix}p1"
    reader = kafka.consumer(deployment.options, group_id=group, enable_partition_eof=True)
    reader.assign([kafka.TopicPartition(topic, p, 0) for p in range(2)])
    polled = [reader.poll(DEADLINE_SECONDS) for _ in range(2)]
    source = kafka.TopicPartition(f"{deployment.prefix}jobs.submitted", 0)
    (committed,) = reader.committed([source], timeout=DEADLINE_SECONDS)
    reader.close()

    # Then both partitions end without a record, and the group has committed nothing
    assert [one is not None and is_end_of_partition(one) for one in polled] == [True, True]
    assert committed.offset < 0


def test_a_topic_that_is_missing_is_told_with_what_makes_it(
    doctor: Doctor, deployment: Deployment
) -> None:
    """The services would refuse to start."""
    # Given a deployment of which one topic is not there
    admin = kafka.admin_client(deployment.options)
    name = f"{deployment.prefix}p2.dlq"
    (gone,) = admin.delete_topics([name]).values()
    gone.result(DEADLINE_SECONDS)

    # When it is examined
    told = doctor()
    deployment.provision()

    # Then it is named
    assert told.code == 1
    assert f"{name}: is missing" in told.of("topics", "wrong")
    assert "python -m headway.provision" in told.text


def test_another_number_of_partitions_is_told_once_for_all_topics(doctor: Doctor) -> None:
    """PARTITIONS differs from what was provisioned."""
    # Given topics of two partitions, when five are looked for, then one line says so
    told = doctor(PARTITIONS="5")
    assert told.code == 1
    (line,) = told.of("topics", "wrong")
    assert f"and {len(Catalog.load().topics) - 3} more: has 2 partitions, declared 5" in line


def test_another_prefix_is_what_is_asked_about(doctor: Doctor) -> None:
    """No topic at all is there; the other checks say what they could not see."""
    # Given a deployment, when it is looked for under another prefix
    told = doctor(TOPIC_PREFIX="nobodys.")

    # Then the prefix is in the remedy
    assert told.code == 1
    declared = len(Catalog.load().topics)
    assert told.of("topics", "wrong") == [f": none of the {declared} declared topics is there"]
    assert "TOPIC_PREFIX ('nobodys.')" in told.text


def test_nobody_at_the_address_is_told_and_the_store_is_looked_at_all_the_same(
    doctor: Doctor,
) -> None:
    """The checks that need a broker are named as not made."""
    # Given an address where nobody listens
    address = f"127.0.0.1:{free_port()}"

    # When it is examined
    told = doctor(KAFKA_BOOTSTRAP_SERVERS=address)

    # Then it is told in words, and once for all that could not be asked
    assert told.code == 1
    assert told.of("brokers") == [f"{address} (KAFKA_BOOTSTRAP_SERVERS): connection refused"]
    assert told.of("others", "unknown") == [
        "agreement, topics, copies and 5 more: not checked: no broker answers"
    ]
    assert told.of("store", "well")


def test_a_broker_that_gives_an_address_nobody_reaches_is_told(
    doctor: Doctor, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients find the first broker, and then none of the partitions of the second."""
    # Given a cluster whose second broker says that it is where nobody listens
    host, port = deployment.options["bootstrap.servers"].rsplit(":", 1)
    away = free_port()
    asked = brokers._asked

    def with_another(patient: Patient, address: str) -> object:
        found = asked(patient, address)
        nodes = {
            1: SimpleNamespace(id=1, host=host, port=port),
            2: SimpleNamespace(id=2, host="127.0.0.1", port=away),
        }
        return SimpleNamespace(brokers=nodes, cluster_id=found.cluster_id)

    monkeypatch.setattr(brokers, "_asked", with_another)

    # When it is examined, then it is told, and what advertises it
    told = doctor()
    assert told.code == 1
    assert told.of("brokers", "wrong") == [f"broker 2 at 127.0.0.1:{away}: connection refused"]
    assert "advertised.listeners" in told.text


def test_clocks_that_differ_are_told(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the time at which a broker took a record that was never committed."""
    # Given a machine whose clock is two hours ahead
    monkeypatch.setattr(clocks, "SystemClock", _Ahead)

    # When it is examined, then the brokers are told to be behind it
    told = doctor()
    assert told.code == 1
    (line,) = told.of("clocks", "wrong")
    assert "its clock is 7,2" in line
    assert line.endswith(" s behind")


def test_a_transaction_that_stays_open_is_told(
    doctor: Doctor, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With how many records it hides, and where to read on."""
    # Given a transaction that wrote two records and does not end, two hours later
    topic = f"{deployment.prefix}jobs.p1-done"
    producer = kafka.producer(deployment.options, transactional_id=f"{deployment.prefix}hangs")
    producer.init_transactions(DEADLINE_SECONDS)
    producer.begin_transaction()
    for value in (b"1", b"2"):
        producer.produce(topic, value, b"k", 1)
    producer.flush(DEADLINE_SECONDS)
    monkeypatch.setattr(hanging, "SystemClock", _Ahead)

    # When it is examined
    told = doctor()
    producer.abort_transaction(DEADLINE_SECONDS)

    # Then the partition is told
    (line,) = [line for line in told.of("hanging", "wrong") if line.startswith(f"{topic}[1]")]
    assert line.startswith(f"{topic}[1]: a transaction has been open since offset ")
    assert line.endswith("hides 2 records")
    assert "docs/runbooks/hanging-transaction.md" in told.text


def test_a_transaction_that_is_young_is_none_that_hangs(
    doctor: Doctor, deployment: Deployment
) -> None:
    """A stage at work has one open most of the time."""
    # Given a transaction that has just begun
    topic = f"{deployment.prefix}jobs.p1-done"
    producer = kafka.producer(deployment.options, transactional_id=f"{deployment.prefix}young")
    producer.init_transactions(DEADLINE_SECONDS)
    producer.begin_transaction()
    producer.produce(topic, b"1", b"k", 0)
    producer.flush(DEADLINE_SECONDS)

    # When it is looked at while it is open, then nothing hangs
    admin = kafka.admin_client(deployment.options)
    (stable,) = ends(admin, [(topic, 0)], kafka.IsolationLevel.READ_COMMITTED).values()
    (high,) = ends(admin, [(topic, 0)], kafka.IsolationLevel.READ_UNCOMMITTED).values()
    assert stable < high
    told = doctor(UNSTABLE_AFTER_SECONDS="3600")
    producer.abort_transaction(DEADLINE_SECONDS)
    assert told.of("hanging", "wrong") == []
