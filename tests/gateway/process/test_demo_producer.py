"""The README's plain producer: anybody with a Kafka client is a first-class submitter."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from support.waiting import DEADLINE_SECONDS

from headway.wire.codec import Codec

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

ROOT = Path(__file__).parents[3]
DATA = b"city,people\nUlm,126000\n"


@pytest.fixture
def record_of(cluster_options: dict[str, str], prefix: str) -> Iterator[Callable[[str], Message]]:
    """Finds the record with a key among all submitted."""
    consumer = Consumer({**cluster_options, "group.id": "unused"})
    topic = prefix + "jobs.submitted"

    def record_of(key: str) -> Message:
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(6)])
        while (message := consumer.poll(DEADLINE_SECONDS)) is not None:
            if message.key() == key.encode():
                return message
        raise AssertionError(f"no record with key {key}")

    yield record_of
    consumer.close()


def test_its_record_is_one_the_pipeline_reads(
    cluster_options: dict[str, str],
    prefix: str,
    record_of: Callable[[str], Message],
    codec: Codec,
    tmp_path: Path,
) -> None:
    """Without any code of ours it writes the bytes the gateway would, up to the job_id."""
    # Given a file
    path = tmp_path / "cities.csv"
    path.write_bytes(DATA)
    told = {"KAFKA_BOOTSTRAP_SERVERS": cluster_options["bootstrap.servers"], "TOPIC_PREFIX": prefix}

    # When the example sends it
    ended = subprocess.run(
        [sys.executable, ROOT / "demo/producer.py", path],
        env=os.environ | told,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=True,
    )

    # Then the record in Kafka is the one the gateway would have written
    job_id = ended.stdout.strip()
    record = {
        "job_id": job_id,
        "attempt": 1,
        "order_key": None,
        "tags": [],
        "not_before": None,
        "title": "cities.csv",
        "delimiter": None,
        "source": {"content": DATA},
    }
    message = record_of(job_id)
    assert message.value() == codec.encode("job-submitted", record)
    assert codec.decode(message.value(), "job-submitted") == record


def test_it_needs_a_kafka_client_and_avro_alone() -> None:
    """The example stays one that can be copied into any project."""
    # Given the example's source
    source = (ROOT / "demo/producer.py").read_text(encoding="utf-8")

    # When its imports are read, then those two are all it needs beside Python
    imported = set(re.findall(r"^(?:from|import) (\w+)", source, re.MULTILINE))
    assert imported - sys.stdlib_module_names == {"confluent_kafka", "fastavro"}
