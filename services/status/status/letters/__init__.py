"""Dead letters: a list of those that stages have written, and each one as Kafka has it."""
