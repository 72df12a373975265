"""What can be asked and ordered of topics and groups."""

from support.kafka.clients import Clients, owned, poll_until
from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka
from headway.edges.admin import group_members, set_option


def test_a_topic_is_described_with_its_partitions_and_configuration(clients: Clients) -> None:
    """One that does not exist is an error of its own."""
    # Given a topic, and a name that has none
    topic, missing = clients.topic(partitions=3), clients.name()
    admin = kafka.admin_client(clients.options)

    # When both are described
    answers = admin.describe_topics(
        kafka.TopicCollection([topic, missing]), request_timeout=DEADLINE_SECONDS
    )

    # Then one is there
    partitions = answers[topic].result().partitions
    assert [len(partition.replicas) for partition in partitions] == [1, 1, 1]
    error = answers[missing].exception()
    assert isinstance(error, kafka.KafkaException)
    assert error.args[0].code() == kafka.KafkaError.UNKNOWN_TOPIC_OR_PART
    assert _config(admin, topic)["cleanup.policy"] == "delete"
    assert len(admin.describe_cluster(request_timeout=DEADLINE_SECONDS).result().nodes) == 1


def test_a_topic_cannot_be_created_twice(clients: Clients) -> None:
    """Whoever comes second is told that it is there."""
    # Given a topic
    topic = clients.topic()
    admin = kafka.admin_client(clients.options)

    # When it is created again, then that is refused
    (created,) = admin.create_topics([kafka.NewTopic(topic, num_partitions=1)]).values()
    error = created.exception()
    assert isinstance(error, kafka.KafkaException)
    assert error.args[0].code() == kafka.KafkaError.TOPIC_ALREADY_EXISTS


def test_a_topic_can_be_altered_and_grown(clients: Clients) -> None:
    """An option of its own, and more partitions."""
    # Given a topic
    topic = clients.topic()
    admin = kafka.admin_client(clients.options)

    # When an option is set and partitions are added
    change = kafka.ConfigResource(
        kafka.ResourceType.TOPIC,
        topic,
        incremental_configs=[set_option("cleanup.policy", "compact")],
    )
    for altered in admin.incremental_alter_configs([change]).values():
        altered.result(DEADLINE_SECONDS)
    for grown in admin.create_partitions([kafka.NewPartitions(topic, 3)]).values():
        grown.result(DEADLINE_SECONDS)

    # Then it has them
    assert _config(admin, topic)["cleanup.policy"] == "compact"
    answer = admin.describe_topics(
        kafka.TopicCollection([topic]), request_timeout=DEADLINE_SECONDS
    )[topic]
    assert len(answer.result().partitions) == 3


def test_a_group_has_as_many_members_as_have_joined(clients: Clients) -> None:
    """None, if nobody ever has."""
    # Given a group with a member
    topic, group, nobody = clients.topic(), clients.name(), clients.name()
    member = clients.member(topic, group)
    poll_until(lambda: owned(member), member)

    # When groups are asked for their members, then they say how many
    admin = kafka.admin_client(clients.options)
    assert group_members(admin, [group]) == {group: 1}
    assert group_members(admin, [nobody]) == {nobody: 0}


def _config(admin: kafka.AdminClient, topic: str) -> dict[str, str]:
    resource = kafka.ConfigResource(kafka.ResourceType.TOPIC, topic)
    (answer,) = admin.describe_configs([resource], request_timeout=DEADLINE_SECONDS).values()
    return {name: entry.value for name, entry in answer.result().items()}
