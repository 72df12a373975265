"""Tells text from other files, and in which encoding the text is."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from headway import PermanentError
from p1.reading.source import Source

_CHUNK_BYTES: Final = 1024 * 1024

#: How the files begin that people take for CSV most often, and what to do instead.
_SIGNATURES: Final = (
    (b"PK\x03\x04", "a ZIP file or Excel workbook. In Excel, save the sheet as “CSV UTF-8”"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook. In Excel, save the sheet as “CSV UTF-8”"),
    (b"\x89PNG", "a PNG image. Submit a CSV file"),
    (b"\xff\xd8\xff", "a JPEG image. Submit a CSV file"),
    (b"GIF8", "a GIF image. Submit a CSV file"),
    (b"%PDF", "a PDF document. Submit a CSV file"),
    (b"\x1f\x8b", "a gzip archive. Unpack it and submit the CSV file inside"),
    (b"PAR1", "a Parquet file. Export it as CSV"),
    (b"SQLite format 3", "an SQLite database. Export a table as CSV"),
)

#: Control characters no text has; tab, line ends, form feed and DOS's end of file are spared.
_CONTROLS: Final = bytes(b for b in range(32) if b not in b"\t\n\r\f\x1a")
_CONTROL_SHARE_OF_TEXT: Final = 0.01
#: Bytes that Windows-1252 leaves undefined.
_NOT_CP1252: Final = b"\x81\x8d\x8f\x90\x9d"


@dataclass(frozen=True, slots=True)
class Encoding:
    """`codec` is Python's name; `name` is for people; `guessed` when nothing proves it."""

    name: str
    codec: str
    guessed: bool = False


UTF_8: Final = Encoding("UTF-8", "utf-8")
UTF_8_WITH_MARK: Final = Encoding("UTF-8", "utf-8-sig")
UTF_16: Final = Encoding("UTF-16", "utf-16")
WINDOWS_1252: Final = Encoding("Windows-1252", "cp1252", guessed=True)
LATIN_1: Final = Encoding("Latin-1", "latin-1", guessed=True)


def detect(source: Source) -> Encoding:
    """Read the whole file once to say how it is encoded.

    Raises:
        PermanentError: it is empty or no text.
    """
    with source.open() as file:
        start = file.read(64 * 1024)
        _refuse_other_files(start)
        file.seek(0)
        # Before NUL is looked for: in UTF-16 every plain letter has one.
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return _checked_utf_16(file)
        encoding = _eight_bit(file)
    if encoding is UTF_8 and start.startswith(codecs.BOM_UTF8):
        return UTF_8_WITH_MARK
    return encoding


def _refuse_other_files(start: bytes) -> None:
    if not start:
        raise PermanentError("The file is empty. Submit a CSV file with a header and rows.")
    for signature, what in _SIGNATURES:
        if start.startswith(signature):
            raise PermanentError(f"This is no CSV file but {what}.")


def _checked_utf_16(file: BinaryIO) -> Encoding:
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for chunk in _chunks(file):
            if "\x00" in decoder.decode(chunk):
                raise _no_text()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise PermanentError(
            "The file begins as UTF-16 text but is damaged further on. Save it again as UTF-8."
        ) from error
    return UTF_16


def _eight_bit(file: BinaryIO) -> Encoding:
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf_8, is_cp1252, size_bytes, controls = True, True, 0, 0
    for chunk in _chunks(file):
        size_bytes += len(chunk)
        controls += len(chunk) - len(chunk.translate(None, _CONTROLS))
        if b"\x00" in chunk:
            raise _no_text()
        is_utf_8 = is_utf_8 and _decodes(decoder, chunk)
        is_cp1252 = is_cp1252 and len(chunk.translate(None, _NOT_CP1252)) == len(chunk)
    if controls > size_bytes * _CONTROL_SHARE_OF_TEXT:
        raise _no_text()
    if is_utf_8 and _decodes(decoder, b"", final=True):
        return UTF_8
    return WINDOWS_1252 if is_cp1252 else LATIN_1


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


def _no_text() -> PermanentError:
    return PermanentError(
        "The file is not text: it holds bytes that no CSV file has. "
        "Export the data as CSV in UTF-8 and submit that."
    )
