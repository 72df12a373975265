"""A transaction that is aborted whatever is done in it: no reader of what is committed sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from headway.desk.doctor.patient import Patient
from headway.edges import kafka

#: Should this process end in the middle of one, the broker ends it after so long.
_TIMEOUT_MS: Final = 10_000


@contextmanager
def opened(patient: Patient, name: str) -> Iterator[kafka.Producer]:
    """A producer in a transaction of that transactional id.

    Raises:
        KafkaException: the cluster refuses the id, or does not answer.
    """
    producer = kafka.producer(
        patient.options, transactional_id=name, transaction_timeout_ms=_TIMEOUT_MS
    )
    producer.init_transactions(patient.call_seconds)
    producer.begin_transaction()
    try:
        yield producer
    finally:
        producer.abort_transaction(patient.call_seconds)
