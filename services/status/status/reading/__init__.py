"""From Kafka into the table."""
