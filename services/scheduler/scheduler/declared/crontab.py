"""When a crontab fires, by the clocks of its zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_ALIAS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}


@dataclass(frozen=True, slots=True)
class Crontab:
    """*said* as on a wall in *zone*, as Debian's cron has it where clocks are changed.

    A time of day that a night leaves out is the first moment after; one that it has twice is the
    first of both. What is said of every hour or minute goes on as time does.
    """

    said: str
    zone: str

    @classmethod
    def of(cls, said: str, zone: str) -> Self:
        """Checked.

        Raises:
            ValueError: it is no crontab, never fires, or there is no such zone.
        """
        made = cls(said, zone)
        try:
            ZoneInfo(zone)
        except (LookupError, OSError, ValueError):
            raise ValueError(f"{zone!r} is no time zone such as Europe/Berlin or UTC") from None
        try:
            made.after(0)
        except CronSimError as error:
            raise ValueError(
                f"{said!r} is no crontab ({error}): minute, hour, day, month and weekday, as in "
                "30 2 * * *"
            ) from None
        except StopIteration:
            raise ValueError(f"{said!r} never comes") from None
        return made

    def after(self, at_ms: int) -> int:
        """The first time after *at_ms*, ms since the epoch."""
        wall = (_EPOCH + at_ms * _MS).astimezone(ZoneInfo(self.zone))
        found: datetime = next(CronSim(_ALIAS.get(self.said, self.said), wall))
        return (found - _EPOCH) // _MS
