"""One pass over the file that checks every row and hands the good ones on in batches.

Rows are read by Python's csv module in strict mode, so what passes has one reading only. A
file with ragged rows is read to its end all the same: the user learns of all of them at once.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from headway import PermanentError
from p1.document import words
from p1.reading import delimiter, header
from p1.reading.encoding import Encoding
from p1.reading.header import Header
from p1.reading.ragged import RaggedRows
from p1.reading.source import Source

_SAMPLE_CHARACTERS: Final = 64 * 1024
#: A batch is bounded both ways: a Python string takes some 55 bytes beside its text.
_BATCH_VALUES: Final = 300_000
_BATCH_BYTES: Final = 8 * 1024 * 1024
#: Enough that counting widths and reading run in C, few enough to stay in the processor's cache.
_ROWS_AT_ONCE: Final = 200
COLUMNS_MAX: Final = 1000
#: What DOS programs put at a text file's end.
_DOS_END: Final = "\x1a"

Row = list[str]
#: One list of values a column.
Batch = list[list[str]]


@dataclass(slots=True)
class Reading:
    """The file's shape; the last two fields hold once `batches` is exhausted."""

    delimiter: str
    header: Header
    batches: Iterator[Batch]
    blank_lines: int = 0
    ragged: RaggedRows = field(default_factory=RaggedRows)


def read(
    source: Source,
    encoding: Encoding,
    *,
    asked_delimiter: str | None,
    progress: Callable[[float], None],
) -> Reading:
    """Open the file and read its header; the rows follow as `batches` is consumed.

    Raises:
        PermanentError: here or while `batches` is consumed, when the file is no sound CSV.
    """
    separator, skipped = _separator(source, encoding, asked_delimiter)
    rows = _Rows(_CountedBytes(source), encoding, separator, skipped)
    names = header.read(rows.first(), columns_max=COLUMNS_MAX)
    reading = Reading(separator, names, iter(()))
    reading.batches = rows.batches(
        reading, lambda read_bytes: progress(read_bytes / source.size_bytes)
    )
    return reading


def _separator(source: Source, encoding: Encoding, asked: str | None) -> tuple[str, int]:
    """The delimiter, and how many characters of Excel's hint stand before the header."""
    with _text(_CountedBytes(source), encoding) as text:
        sample = text.read(_SAMPLE_CHARACTERS)
    hint = delimiter.hinted(sample)
    if asked:
        return delimiter.given(asked), hint[1] if hint else 0
    if hint:
        return hint
    # The sample's last line may be cut in its middle.
    complete = sample[: sample.rfind("\n") + 1] if len(sample) == _SAMPLE_CHARACTERS else sample
    return delimiter.detect(complete or sample), 0


class _Rows:
    """csv's rows, taken many at a time, with the line each begins on, which csv does not tell."""

    def __init__(
        self, raw: "_CountedBytes", encoding: Encoding, separator: str, skipped: int
    ) -> None:
        self._raw = raw
        self._text = _text(raw, encoding)
        self._text.read(skipped)
        self._lines_before = 1 if skipped else 0
        self._separator = separator
        self._reader = csv.reader(self._text, delimiter=separator, strict=True)

    def first(self) -> Row:
        """The first row that is not blank."""
        lines = 0
        try:
            for row in self._reader:
                if "".join(row).strip():
                    return row
                lines = self._reader.line_num
        except csv.Error as error:
            raise _fault(error, self._lines_before + lines + 1) from error
        raise PermanentError("The file is empty: it holds blank lines only.")

    def batches(self, reading: Reading, progress: Callable[[int], None]) -> Iterator[Batch]:
        names = reading.header.names
        none_yet = True
        try:
            for batch in self._batches(reading, len(names)):
                progress(self._raw.read_bytes)
                none_yet = False
                yield batch
        finally:
            self._text.close()
        reading.ragged.refuse(len(names), self._separator)
        if none_yet:
            shown = words.listed([words.quoted(name) for name in names[:5]], len(names))
            raise PermanentError(
                f"The file has a header ({shown}) but no rows below it. Add the data rows."
            )

    def _batches(self, reading: Reading, width: int) -> Iterator[Batch]:
        # Rows become columns a few at a time: 300,000 living lists would keep the garbage
        # collector busy for half of the time.
        batch: Batch = [[] for _ in range(width)]
        batch_rows = max(1, _BATCH_VALUES // width)
        batch_end = self._raw.read_bytes + _BATCH_BYTES
        line = self._line()
        while rows := self._next(min(batch_rows, _ROWS_AT_ONCE)):
            widths = set(map(len, rows))
            if widths in ({0}, {0, width}):
                # Empty lines by the million are dropped without a look at each.
                reading.blank_lines += rows.count([])
                rows = list(filter(None, rows))
            elif widths != {width}:
                rows = _sound(rows, line, reading)
            line = self._line()
            # Not strict: where no row is left there are no columns to go round.
            for column, values in zip(batch, zip(*rows, strict=True), strict=False):
                column.extend(values)
            if len(batch[0]) >= batch_rows or self._raw.read_bytes > batch_end:
                yield batch
                batch = [[] for _ in range(width)]
                batch_end = self._raw.read_bytes + _BATCH_BYTES
        if batch[0]:
            yield batch

    def _line(self) -> int:
        """The line that the next row begins on."""
        return self._lines_before + self._reader.line_num + 1

    def _next(self, rows_max: int) -> list[Row]:
        rows: list[Row] = []
        line = self._line()
        try:
            # What was read before a fault stays in `rows`, so the fault's line can be told.
            rows.extend(islice(self._reader, rows_max))
        except csv.Error as error:
            raise _fault(error, line + sum(map(_lines, rows))) from error
        return rows


def _sound(rows: list[Row], line: int, reading: Reading) -> list[Row]:
    """The rows as wide as the header; of the others `reading` keeps count."""
    width = len(reading.header.names)
    sound = [row for row in rows if len(row) == width]
    others = [row for row in rows if len(row) != width]
    # In line, not by a function: a hostile file has nothing but such rows.
    ragged = len([row for row in others if len(row) > 1 or "".join(row).strip().strip(_DOS_END)])
    for row in rows if ragged and reading.ragged.names_more else ():
        if len(row) != width and (len(row) > 1 or "".join(row).strip().strip(_DOS_END)):
            reading.ragged.name(line, len(row))
        line += _lines(row)
    reading.blank_lines += len(others) - ragged
    reading.ragged.total += ragged
    return sound


def _lines(row: Row) -> int:
    ends = (cell.count("\n") + cell.count("\r") - cell.count("\r\n") for cell in row)
    return 1 + sum(ends)


def _fault(error: csv.Error, at: int) -> PermanentError:
    line = f"line {at:,}"
    if "field larger" in str(error):
        return PermanentError(
            f"A value that begins on {line} is longer than {csv.field_size_limit():,} "
            'characters. Most often a double quote (") is opened there and never closed.'
        )
    if "unexpected end" in str(error):
        return PermanentError(
            f'A double quote (") is opened on {line} and never closed. Close it, or double '
            "it if it belongs to the value."
        )
    return PermanentError(
        f'On {line} text follows a closing double quote ("). Put the whole value in double '
        "quotes, and write each double quote inside it twice."
    )


class _CountedBytes(io.RawIOBase):
    """The file's bytes, counted as they are read."""

    def __init__(self, source: Source) -> None:
        self._file = source.open()
        self.read_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # io hands memory in
        chunk = self._file.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self.read_bytes += len(chunk)
        return len(chunk)

    def close(self) -> None:
        self._file.close()
        super().close()


def _text(raw: _CountedBytes, encoding: Encoding) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(raw, 256 * 1024), encoding.codec, newline="")
