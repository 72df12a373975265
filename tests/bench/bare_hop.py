"""The reference: a bare confluent-kafka transactional loop, as one would write it by hand.

`python bare_hop.py <bootstrap> <source> <sink> <state>`: for every record in, one out and two
state records, at most 2,000 records a transaction, with the client options of headway.kafka.
"""

import sys

from headway import kafka

_BATCH_RECORDS = 2000
#: As long as a job-state record; each is made different by its key.
_STATE = bytes(range(33, 33 + 90)) + b"s" * 40


def main() -> None:
    """Copy for ever."""
    bootstrap, source, sink, state = sys.argv[1:5]
    options: kafka.Options = {"bootstrap.servers": bootstrap}
    producer = kafka.producer(options, transactional_id=f"bare-{source}")
    producer.init_transactions()
    consumer = kafka.consumer(options, group_id=f"bare-{source}")
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


if __name__ == "__main__":
    main()
