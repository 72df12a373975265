"""Which job a record is of, and where it lies."""

from collections.abc import Mapping
from typing import Any

from headway.base.errors import DecodeError
from headway.edges.kafka import Message
from headway.wire.records import job_id_from
from status.table.position import origin_of


def job_id_of(message: Message) -> str:
    """The job that the key names.

    Raises:
        DecodeError: it names none.
    """
    job_id = job_id_from(message.key())
    if job_id is None:
        raise DecodeError("the key is no job_id")
    return job_id


def check_same(job_id: str, value: Mapping[str, Any]) -> None:
    """Hold the job in *value* against that of the key.

    Raises:
        DecodeError: it is another.
    """
    if value["job_id"] != job_id:
        raise DecodeError(f"the key says job {job_id}, the value {value['job_id'][:128]!r}")


def origin_of_record(source: int, message: Message) -> int:
    """The record as one integer, see `origin_of`.

    Raises:
        DecodeError: it has no place.
    """
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise DecodeError("the record has no position")
    return origin_of(source, partition, offset)
