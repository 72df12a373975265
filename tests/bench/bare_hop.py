"""The reference: a bare confluent-kafka transactional loop, as one would write it by hand.

`python bare_hop.py <bootstrap> <source> <sink> <state> [defaults]`: for every record in, one out
and two state records, at most 2,000 records a transaction. With the client options of
headway.edges.kafka, so that only our own work is measured; with `defaults`, those of the client.
"""

import sys

from headway.edges import kafka

_BATCH_RECORDS = 2000
#: As long as a job-state record; each is made different by its key.
_STATE = bytes(range(33, 33 + 90)) + b"s" * 40


def main() -> None:
    """Copy for ever."""
    bootstrap, source, sink, state = sys.argv[1:5]
    producer, consumer = _clients(bootstrap, source, defaults="defaults" in sys.argv[5:])
    producer.init_transactions()
    consumer.subscribe([source])
    while True:
        first = consumer.poll(0.1)
        if first is None:
            continue
        messages = [first, *consumer.consume(_BATCH_RECORDS - 1, timeout=0)]
        producer.begin_transaction()
        offsets = {}
        for message in messages:
            key = message.key() or b""
            producer.produce(sink, message.value(), key=key)
            producer.produce(state, _STATE + key, key=key)
            producer.produce(state, _STATE + key, key=key)
            offsets[message.partition()] = (message.offset() or 0) + 1
        producer.send_offsets_to_transaction(
            [kafka.TopicPartition(source, p or 0, offset) for p, offset in offsets.items()],
            consumer.consumer_group_metadata(),
        )
        producer.commit_transaction()


def _clients(
    bootstrap: str, source: str, *, defaults: bool
) -> tuple[kafka.Producer, kafka.Consumer]:
    options: kafka.Options = {"bootstrap.servers": bootstrap}
    name = f"bare-{source}"
    if not defaults:
        producer = kafka.producer(options, transactional_id=name)
        return producer, kafka.consumer(options, group_id=name)
    needed = {"enable.auto.commit": False, "isolation.level": "read_committed"}
    return kafka.Producer(options | {"transactional.id": name}), kafka.Consumer(
        options | needed | {"group.id": name, "auto.offset.reset": "earliest"}
    )


if __name__ == "__main__":
    main()
