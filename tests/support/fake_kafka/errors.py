"""The client's errors, as the real one was seen to raise them."""

from headway.edges import kafka

Code = kafka.KafkaError


def plain(code: int, text: str = "") -> kafka.KafkaException:
    """An error that is neither fatal, retriable nor of a transaction."""
    return kafka.KafkaException(Code(code, text or None))


def abortable(code: int, text: str = "") -> kafka.KafkaException:
    """The transaction must be aborted; the producer stays usable."""
    return kafka.KafkaException(Code(code, text or None, txn_requires_abort=True))


def fatal(code: int, text: str = "") -> kafka.KafkaException:
    """The producer is of no more use."""
    return kafka.KafkaException(Code(code, text or None, fatal=True))


def retriable(code: int, text: str = "") -> kafka.KafkaException:
    """The call may be repeated."""
    return kafka.KafkaException(Code(code, text or None, retriable=True))


def state(name: str) -> kafka.KafkaException:
    return plain(Code._STATE, f"Operation not valid in state {name}")


def fenced() -> kafka.KafkaException:
    return fatal(Code._FENCED, "This instance has been fenced by a newer instance")


def unknown_producer() -> kafka.KafkaException:
    return fatal(Code.UNKNOWN_PRODUCER_ID)


def timed_out() -> kafka.KafkaException:
    return retriable(Code._TIMED_OUT, "no answer in time")
