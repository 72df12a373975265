"""One record written by hand, in the protocol's own bytes: what no client would let a test write.

Kafka's protocol: a request has its length before it and begins with the API's key and version,
a number of its own and the client's name; the answer begins with that number. A batch of records
has the form of version 2, its checksum is CRC-32C.
"""

import socket
import struct
from typing import Final

from support.waiting import DEADLINE_SECONDS, wait_until

from headway.wire.envelope import encode_long

_PRODUCE: Final = 0
_VERSION: Final = 3
_ALL_REPLICAS: Final = -1
_SECONDS: Final = DEADLINE_SECONDS
#: Of a topic just made: unknown, without a leader, led by another.
_NOT_YET: Final = frozenset({3, 5, 6})
_CRC_32C: Final = 0x82F63B78


def write_record(
    address: str,
    topic: str,
    partition: int,
    *,
    key: bytes,
    value: bytes,
    headers: list[tuple[bytes, bytes]],
) -> int:
    """Write one record to the broker at *address*, which must lead the partition; its offset."""
    written: list[int] = []

    def write() -> bool:
        code, offset = _produced(address, topic, partition, _batch(_record(key, value, headers)))
        assert code in {0, *_NOT_YET}, f"the broker refused the record with error {code}"
        written.append(offset)
        return code == 0

    wait_until(write)
    return written[-1]


def _produced(address: str, topic: str, partition: int, batch: bytes) -> tuple[int, int]:
    """The broker's error code and the offset it gave."""
    body = (
        struct.pack(">hhih", _PRODUCE, _VERSION, 1, -1)
        + struct.pack(">hhi", -1, _ALL_REPLICAS, 30_000)
        + struct.pack(">i", 1)
        + struct.pack(">h", len(topic))
        + topic.encode()
        + struct.pack(">iii", 1, partition, len(batch))
        + batch
    )
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=_SECONDS) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        answer = _exactly(connection, struct.unpack(">i", _exactly(connection, 4))[0])
    # The number, one topic, its name, one partition: index, error, offset.
    _, code, offset = struct.unpack_from(">ihq", answer, 4 + 4 + 2 + len(topic) + 4)
    return int(code), int(offset)


def _record(key: bytes, value: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    told = b"".join(_sized(name) + _sized(data) for name, data in headers)
    body = b"\x00\x00\x00" + _sized(key) + _sized(value) + encode_long(len(headers)) + told
    return _sized(body)


def _batch(records: bytes) -> bytes:
    now = 1_764_000_000_000
    checked = struct.pack(">hiqqqhii", 0, 0, now, now, -1, -1, -1, 1) + records
    rest = struct.pack(">iB", -1, 2) + struct.pack(">I", _crc_32c(checked)) + checked
    return struct.pack(">qi", 0, len(rest)) + rest


def _sized(data: bytes) -> bytes:
    return encode_long(len(data)) + data


def _crc_32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_CRC_32C if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        assert more, "the broker closed the connection"
        data += more
    return data
