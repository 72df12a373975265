"""Letters of jobs that were forgotten leave the list, though their topics may keep them a while."""

import sqlite3
from typing import Final

from headway.base.clock import Clock
from status.letters.listing import Desk
from status.letters.shelf import Shelf

#: How often it is looked whether jobs were forgotten.
_LOOK_SECONDS: Final = 1.0


class Forgetting:
    """For the list's thread. A look that finds nothing new costs one row of the jobs' table."""

    def __init__(self, desk: Desk, shelf: Shelf, clock: Clock) -> None:
        self._desk = desk
        self._shelf = shelf
        self._clock = clock
        self._look_at = clock.monotonic()
        #: How many jobs were forgotten when the list was last looked through; None: look anew.
        self._known: int | None = None

    def came(self) -> None:
        """The list has letters that it had not: their jobs may be forgotten long since."""
        self._known = None

    def look(self) -> None:
        """Drop what is to be dropped, if it is time."""
        if self._clock.monotonic() >= self._look_at:
            self._look_at = self._clock.monotonic() + _LOOK_SECONDS
            self.drop()

    def drop(self) -> None:
        """Drop what is to be dropped.

        Raises:
            sqlite3.Error: it cannot be dropped.
        """
        try:
            forgotten = self._desk.jobs_forgotten()
            if forgotten == self._known:
                return
            places = self._desk.forgotten()
        except sqlite3.Error:
            return  # the jobs' table is just being made; whoever makes it tells of trouble
        self._shelf.drop(places)
        self._known = forgotten
