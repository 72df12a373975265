"""A submission sent as a form: the file part `file`, and what it may say beside it."""

import codecs
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from gateway.receiving.document import listed
from gateway.receiving.extras import not_before_in, tags_in
from gateway.receiving.refusals import Kind, Refusal, invalid, size_text, too_large
from gateway.receiving.submission import (
    FileContent,
    Submission,
    clean_title,
    delimiter_faults,
    order_key_faults,
    size_faults,
    title_faults,
)
from headway.serving.problem import Fault

logger = logging.getLogger(__name__)

#: Room for boundaries, part headers and the delimiter beside the file itself.
FORM_BYTES: Final = 64 * 1024
#: Faults are told together, so a few parts too many are read before the form is refused.
_MOST_PARTS: Final = 16
#: Plain fields are short; what is longer need not be held to be refused.
_MOST_FIELD_BYTES: Final = 1024
_FILE, _DELIMITER, _ORDER_KEY = "file", "delimiter", "order_key"
_NOT_BEFORE, _TAGS = "not_before", "tags"
_PLAIN: Final = (_DELIMITER, _ORDER_KEY, _NOT_BEFORE, _TAGS)
#: What a form may be written in. Python knows codecs beyond these that read bytes as anything.
_CHARSETS: Final = ("utf-8", "ascii", "iso8859-1", "cp1252")
_EXAMPLE: Final = "send the data as a file part, as `curl -F file=@data.csv` does"


async def read_form(headers: Headers, chunks: AsyncGenerator[bytes, None]) -> FormData:
    """The parsed form, its files spooled to disk above 1 MiB; the caller closes it.

    Raises:
        Refusal: the body is no complete form, there is no space for it, or what reading *chunks*
            raises.
    """
    _check_charset(headers["content-type"])
    try:
        return await _WholeForm(headers, chunks).parse()
    except MultiPartException as error:
        detail = f"Not a multipart form: {error.message}"
        raise Refusal(Kind.BODY_MALFORMED, detail) from error
    except (ValueError, LookupError) as error:
        # Whatever the parser cannot make sense of, an encoding say, is the body's fault.
        detail = f"Not a multipart form: {error}"
        raise Refusal(Kind.BODY_MALFORMED, detail) from error
    except OSError as error:
        logger.exception("upload.not_spooled")
        detail = "There is no space to take it in; the job was not taken, send it again later."
        raise Refusal(Kind.OVERLOADED, detail, headers={"Retry-After": "10"}) from error


def submission_in(form: FormData, *, max_upload_bytes: int) -> Submission:
    """The submission a form holds; valid while the form is open.

    Raises:
        Refusal: the file is too large, or rules are broken (all of them at once).
    """
    faults = _part_faults(form)
    file, delimiter, order_key = (
        form.get(_FILE),
        _text_of(form, _DELIMITER),
        _said(form, _ORDER_KEY),
    )
    faults += delimiter_faults(delimiter) + order_key_faults(order_key)
    not_before = not_before_in(_said(form, _NOT_BEFORE), faults)
    tags = tags_in((tag for tag in (_said(form, _TAGS) or "").split(",") if tag.strip()), faults)
    title, size_bytes = "", 0
    if isinstance(file, UploadFile) and file.filename:
        title, size_bytes = clean_title(file.filename), file.size or 0
        faults += title_faults(_FILE, title) + size_faults(_FILE, size_bytes)
    if size_bytes > max_upload_bytes:
        raise too_large(size_text(size_bytes), max_upload_bytes)
    if faults or not isinstance(file, UploadFile):
        raise invalid(faults)
    content = FileContent(file.file, size_bytes)
    return Submission(title, delimiter, content, order_key, not_before, tags)


def _text_of(form: FormData, field: str) -> str | None:
    value = form.get(field)
    return value if isinstance(value, str) else None


def _said(form: FormData, field: str) -> str | None:
    """An empty field is none: pages send it whether or not it was filled in."""
    return _text_of(form, field) or None


class _WholeForm(MultiPartParser):
    """A parser that also minds whether the form was closed; the base takes half of one."""

    def __init__(self, headers: Headers, chunks: AsyncGenerator[bytes, None]) -> None:
        super().__init__(
            headers,
            self._until_closed(chunks),
            max_files=_MOST_PARTS,
            max_fields=_MOST_PARTS,
            max_part_size=_MOST_FIELD_BYTES,
        )
        self._closed = False

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        file = self._current_part.file
        if file is None or self._current_files == 1:
            super().on_part_data(data, start, end)
        else:
            # A form with several files is refused: one of them takes room, and it is the first.
            file.size = (file.size or 0) + end - start

    def on_end(self) -> None:
        self._closed = True

    async def _until_closed(
        self,
        chunks: AsyncGenerator[bytes, None],
    ) -> AsyncGenerator[bytes, None]:
        async for chunk in chunks:
            yield chunk
        # Raised in here, the base class closes the files it has opened.
        if not self._closed:
            raise MultiPartException("it ends before its closing boundary; send it again.")


def _check_charset(content_type: str) -> None:
    """Refuse a form in another writing than the usual ones."""
    _, options = parse_options_header(content_type)
    charset = options.get(b"charset", b"utf-8").decode("latin-1")
    with suppress(LookupError, ValueError):
        if codecs.lookup(charset).name in _CHARSETS:
            return
    detail = f"The form's charset is {charset[:100]!r}; send it in UTF-8."
    raise Refusal(Kind.MEDIA_TYPE_UNSUPPORTED, detail)


def _part_faults(form: FormData) -> list[Fault]:
    names = [name for name, _ in form.multi_items()]
    unknown = f"is not a known field; allowed are {listed((_FILE, *_PLAIN))}"
    # A name may be long; its beginning tells which one it is.
    faults = [Fault(name[:100], unknown) for name in names if name not in {_FILE, *_PLAIN}]
    faults += [
        Fault(name, f"is given {names.count(name)} times; give it once")
        for name in (_FILE, *_PLAIN)
        if names.count(name) > 1
    ]
    match form.get(_FILE):
        case None:
            faults.append(Fault(_FILE, f"is missing; {_EXAMPLE}"))
        case str():
            faults.append(Fault(_FILE, f"is a plain field; {_EXAMPLE}"))
        case UploadFile(filename=None | ""):
            faults.append(Fault(_FILE, "has no file name: no file was chosen"))
    faults += [
        Fault(name, "is a file; send it as a plain field")
        for name in _PLAIN
        if isinstance(form.get(name), UploadFile)
    ]
    return faults
