"""What brokers are told of when topics are made."""

from headway.topics.brokers import too_small


def test_options_below_what_is_needed_are_told_with_the_consequence() -> None:
    """Kafka's default of seven days lets a stage that was switched off do everything again."""
    # Given a broker with the defaults, and one as it is wanted
    default = {"offsets.retention.minutes": "10080", "offset.metadata.max.bytes": "4096"}

    # When they are looked at, then the one option is told
    (told,) = too_small(default)
    assert told.startswith("offsets.retention.minutes=10080, wanted 129600 at least: ")
    assert list(too_small({**default, "offsets.retention.minutes": "525600"})) == []


def test_what_a_broker_does_not_tell_is_not_complained_of() -> None:
    """A managed cluster may hide its options."""
    # Given no options, or odd ones, when they are looked at, then there is nothing to tell
    assert list(too_small({})) == []
    assert list(too_small({"offsets.retention.minutes": "None"})) == []
