"""Whether stages that work in windows may begin: how it stands in each lane, and in all."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from headway.base.words import bounded
from headway.wire.codec import Codec

_RECORD: Final = "stage-window"
_MOST_NAME_CHARACTERS: Final = 200


class Window(NamedTuple):
    """Of one lane, or of all of them: *until* is when it closes by itself. Times in ms."""

    stage: str
    open: bool
    until: int | None
    next_at: int | None
    by: str
    at: int

    def open_at(self, now_ms: int) -> bool:
        return self.open and (self.until is None or now_ms < self.until)


class Windows(NamedTuple):
    """The window of a stage in all lanes, *open* of which are so just now."""

    window: Window
    open: int
    lanes: int


def window_in(codec: Codec, data: bytes) -> Window:
    """What the record says of its lane.

    Raises:
        DecodeError: it is no such record.
    """
    value = codec.decode(data, _RECORD)
    for name in ("stage", "by"):
        value[name] = bounded(value[name], _MOST_NAME_CHARACTERS)
    return Window(**value)


def windows_at(lanes: Iterable[Window], now_ms: int) -> Windows:
    """The window of a stage as it stands in all *lanes*, at least one, at *now_ms*.

    It is open where every lane is; it closes when the first does, and opens when the first does.
    """
    told = sorted(lanes, key=lambda lane: lane.at)
    open_ = [lane for lane in told if lane.open_at(now_ms)]
    is_open = len(open_) == len(told)
    to_come = [lane.next_at for lane in told if lane.next_at is not None and lane.next_at > now_ms]
    window = told[-1]._replace(
        open=is_open,
        until=min((lane.until for lane in open_ if lane.until is not None), default=None),
        next_at=min(to_come, default=None),
    )
    return Windows(window, len(open_), len(told))
