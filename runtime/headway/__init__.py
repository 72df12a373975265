"""Exactly-once job stages on Kafka, watched live."""
