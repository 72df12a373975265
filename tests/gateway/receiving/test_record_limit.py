"""Files about as large as a record may be, on a real broker: each is taken, one way or another."""

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import httpx
import pytest
from confluent_kafka import Message

from gateway.admitting.publisher import Position
from headway.edges.objectstore import ObjectStore
from headway.wire.codec import Codec

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

Start = Callable[..., tuple[httpx.Client, Popen[bytes]]]

#: The longest title, in characters that take the most room.
TITLE = "\N{PARTY POPPER}" * 255
LIMIT = 1_000_000


def test_at_the_limit_of_a_record_every_file_is_taken(
    start: Start,
    record_at: Callable[[Position], Message],
    codec: Codec,
    tmp_path: Path,
) -> None:
    """In the record or by reference, as the client or the brokers let it; never "try later"."""
    # Given a gateway that would put everything into the record
    client, _ = start(INLINE_LIMIT_BYTES=str(LIMIT))
    store = ObjectStore.open(f"file://{tmp_path}/store")
    # Beside the content a record has the title's 1,020 bytes and some 60 of its own
    ways = set()

    for size in [LIMIT - 2000, *range(LIMIT - 1200, LIMIT - 900, 50), LIMIT - 1, LIMIT]:
        # When a file is sent that does not compress
        content = os.urandom(size)
        answer = client.post(
            "/generate-file",
            files={"file": (TITLE, content)},
            data={"delimiter": "\N{DROMEDARY CAMEL}"},
        )

        # Then it is taken, and the record leads to it
        assert answer.status_code == 202, answer.text
        value = record_at(Position(**answer.json()["position"])).value()
        record = codec.decode(value, "job-submitted")
        assert record["title"] == TITLE
        source = record["source"]
        ways.add(frozenset(source))
        kept = store.get_bytes(source["key"]) if "key" in source else source["content"]
        assert kept == content

    # And the limit was met: some fit and some did not
    assert ways == {frozenset({"content"}), frozenset({"key", "size_bytes"})}
