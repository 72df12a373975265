"""On the wire: Avro, the envelope, the records of a stage, what a commit says beside its offset."""
