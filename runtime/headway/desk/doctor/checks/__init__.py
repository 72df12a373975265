"""What is looked at, in the order it is told; a further check is a file and a line here."""

from collections.abc import Sequence
from typing import Final

from headway.desk.doctor.checks import (
    agreement,
    brokers,
    clocks,
    copies,
    groups,
    hanging,
    reading,
    rights,
    services,
    store,
    topics,
)
from headway.desk.doctor.finding import Check

FIRST: Final = brokers.CHECK
OTHERS: Final[Sequence[Check]] = (
    agreement.CHECK,
    topics.CHECK,
    copies.CHECK,
    rights.CHECK,
    reading.CHECK,
    clocks.CHECK,
    groups.CHECK,
    hanging.CHECK,
    store.CHECK,
    services.CHECK,
)
