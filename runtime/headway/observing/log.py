"""JSON log lines on stderr: a stable dotted event name, the data as fields."""

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Final

#: A traceback of a hundred frames; a collector of logs drops or cuts longer lines.
_MOST_EXCEPTION_CHARACTERS: Final = 16_000
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

#: Innermost frames told of a thread: where it hangs and who called that.
_FRAMES_SHOWN: Final = 4


class JsonFormatter(logging.Formatter):
    """One line of JSON a record; `extra` fields stand beside `event`."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update((k, v) for k, v in vars(record).items() if k not in _STANDARD)
        if record.exc_info:
            line["exception"] = _cut(self.formatException(record.exc_info))
        return json.dumps(line, default=str, ensure_ascii=False)


def _cut(told: str) -> str:
    """*told* without its middle if it is long: an exception says megabytes, or recurs."""
    half = _MOST_EXCEPTION_CHARACTERS // 2
    return told if len(told) <= 2 * half else f"{told[:half]}\n...\n{told[-half:]}"


def configure(service: str, level: str = "INFO") -> None:
    """Send every log record of the process to stderr as JSON; replaces earlier handlers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def tell_overdue(seconds: float) -> None:
    """Say that the process did not end in time, and what each of its threads is at."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    threads = {
        names.get(ident, str(ident)): "".join(traceback.format_stack(frame)[-_FRAMES_SHOWN:])
        for ident, frame in sys._current_frames().items()  # noqa: SLF001 - there is no other way
    }
    extra = {"seconds": seconds, "threads": threads}
    logging.getLogger(__name__).critical("process.overdue", extra=extra)
