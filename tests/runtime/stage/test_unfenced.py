"""Why a frame refuses group metadata below generation 0: what the broker lets through."""

import pytest
from support.kafka.cluster import Cluster
from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka

pytestmark = pytest.mark.broker


def test_the_broker_takes_a_transactions_offsets_from_somebody_who_is_no_member(
    cluster: Cluster,
) -> None:
    """With generation -1 and no member id offsets of a living group are overwritten, unfenced."""
    # Given a group with a member, and metadata of a consumer that has not joined it
    topic, group = cluster.catalog["jobs.submitted"].name, f"{cluster.prefix}unfenced"
    member = kafka.consumer(cluster.options, group_id=group)
    member.subscribe([topic])
    while not member.assignment():
        member.poll(0.1)
    outsider = kafka.consumer(cluster.options, group_id=group)
    metadata = outsider.consumer_group_metadata()
    assert kafka.generation(metadata) < 0

    # When it commits offsets in a transaction
    producer = kafka.producer(cluster.options, transactional_id=group)
    producer.init_transactions(DEADLINE_SECONDS)
    producer.begin_transaction()
    place = kafka.TopicPartition(topic, 0, 42)
    producer.send_offsets_to_transaction([place], metadata, DEADLINE_SECONDS)
    producer.commit_transaction(DEADLINE_SECONDS)

    # Then they count: only the refusal in the stage keeps a zombie from doing this
    (committed,) = member.committed([place], timeout=DEADLINE_SECONDS)
    assert committed.offset == 42
    member.close()
    outsider.close()
