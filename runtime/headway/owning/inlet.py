"""A topic that a stage reads in its group."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inlet:
    """Partition i of every inlet of a stage holds the same jobs; they share one index of them.

    *topic* has *partitions*, as declared. Records of the source open jobs (`opens`): the second
    one of a job, at another offset, is a duplicate. What else a stage reads (its retries, what it
    held back) it has written itself, of jobs that are open: there only a job that is over is not
    to be handled again. What `waits` carries when it is due, and is not begun before. What it
    `holds` begins with the stage's window, or by a command. Records that are `orders` are no jobs:
    they say what is wanted of one.
    """

    topic: str
    partitions: int
    opens: bool = False
    waits: bool = False
    holds: bool = False
    orders: bool = False
