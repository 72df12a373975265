"""Hand in a CSV file as any Kafka producer may: no gateway, no library of ours."""

import io
import json
import os
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from fastavro import parse_schema, schemaless_writer
from fastavro.schema import fingerprint, to_parsing_canonical_form

SCHEMA = Path(__file__).parents[1] / "schemas/avro/job-submitted.v4.avsc"


def encode(record: Mapping[str, object]) -> bytes:
    """Avro single-object encoding: C3 01, the schema's CRC-64-AVRO fingerprint, the body."""
    schema = parse_schema(json.loads(SCHEMA.read_text(encoding="utf-8")))
    crc = bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))
    out = io.BytesIO()
    out.write(b"\xc3\x01" + crc)
    schemaless_writer(out, schema, record)
    return out.getvalue()


def delivered(error: KafkaError | None, _message: Message) -> None:
    if error is not None:
        raise KafkaException(error)


path, job_id = Path(sys.argv[1]), str(uuid.uuid4())
record = {"job_id": job_id, "title": path.name, "source": {"content": path.read_bytes()}}
producer = Producer(
    {
        "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        "partitioner": "murmur2_random",  # Java's default: all jobs' topics agree on it
        "enable.idempotence": True,
        "max.in.flight": 1,  # with more, librdkafka may report a record taken that lies nowhere
    },
)
topic = os.environ.get("TOPIC_PREFIX", "") + "jobs.submitted"
producer.produce(topic, encode(record), key=job_id, on_delivery=delivered)
producer.flush()
print(job_id)
