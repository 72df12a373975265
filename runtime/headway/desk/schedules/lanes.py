"""One command written to every lane, and acknowledged by all."""

from headway.desk import writing
from headway.desk.cluster import Cluster
from headway.desk.subcommand import NotDone
from headway.edges import kafka
from headway.wire.schedules.asked import ScheduleCommand


def write_to_lanes(cluster: Cluster, command: ScheduleCommand) -> None:
    """Write *command* to each partition of its topic.

    Raises:
        NotDone: not every one acknowledged it: how many did, and why.
    """
    topic = cluster.topic(cluster.pipeline.schedule_commands)
    lanes, value, key = cluster.counts[topic], command.encoded(cluster.codec), command.rule.encode()
    faults: list[str] = []
    acknowledged = 0

    def delivered(error: kafka.KafkaError | None, _: kafka.Message) -> None:
        nonlocal acknowledged
        if error is None:
            acknowledged += 1
        else:
            faults.append(kafka.describe(kafka.KafkaException(error)))

    producer = kafka.producer(cluster.options, delivery_timeout_ms=writing.ACKNOWLEDGED_MS)
    for lane in range(lanes):
        producer.produce(topic, value, key, lane, on_delivery=delivered)
    producer.flush(writing.FLUSH_SECONDS)
    if acknowledged < lanes:
        why = faults[0] if faults else "no answer in time"
        raise NotDone(f"{acknowledged} of {lanes} lanes were told ({why}); ask for it again")
