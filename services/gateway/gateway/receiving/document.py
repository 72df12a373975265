"""A submission sent as a JSON document: title and content, and what it may say beside them."""

import json
from collections.abc import Mapping
from typing import Any, Final

from gateway.receiving.extras import not_before_in, tags_in
from gateway.receiving.refusals import Kind, Refusal, invalid
from gateway.receiving.submission import (
    Submission,
    TextContent,
    clean_title,
    delimiter_faults,
    order_key_faults,
    size_faults,
    title_faults,
)
from headway.serving.problem import Fault

_REQUIRED: Final = ("title", "content")
_OPTIONAL: Final = ("delimiter", "order_key")
_TEXTS: Final = (*_REQUIRED, *_OPTIONAL)
_ALLOWED: Final = (*_TEXTS, "not_before", "tags")
TYPE_NAMES: Final = {
    dict: "an object",
    list: "a list",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
    str: "a text",
}


def read_document(body: bytes) -> Submission:
    """The submission in a JSON *body*.

    Raises:
        Refusal: it is not JSON (where), or breaks rules (all of them at once).
    """
    document = parsed(body)
    if not isinstance(document, dict):
        detail = f"is {TYPE_NAMES[type(document)]}; send an object with {listed(_REQUIRED)}"
        raise invalid([Fault("body", detail)])
    faults = _shape_faults(document)
    title, content = document.get("title"), document.get("content")
    if isinstance(title, str):
        title = clean_title(title)
        faults += title_faults("title", title)
    data = _encoded(content, faults) if isinstance(content, str) else b""
    delimiter = document.get("delimiter")
    if isinstance(delimiter, str):
        faults += delimiter_faults(delimiter)
    order_key = document.get("order_key")
    if isinstance(order_key, str):
        faults += order_key_faults(order_key)
    not_before, tags = not_before_in(document.get("not_before"), faults), _tags(document, faults)
    if faults:
        raise invalid(faults)
    return Submission(str(title), delimiter, TextContent(data), order_key, not_before, tags)


def _tags(document: Mapping[str, Any], faults: list[Fault]) -> tuple[str, ...]:
    tags = document.get("tags")
    if isinstance(tags, list):
        return tags_in(tags, faults)
    if tags is not None:
        faults.append(Fault("tags", f"is {TYPE_NAMES[type(tags)]}; send a list of texts"))
    return ()


def parsed(body: bytes) -> Any:
    """The JSON value that *body* is.

    Raises:
        Refusal: it is none; where.
    """
    try:
        # Decoded here: json alone would take UTF-16 and UTF-32 as well.
        return json.loads(body.decode())
    except UnicodeDecodeError as error:
        detail = f"The body is not UTF-8: {error.reason} at byte {error.start}."
        raise Refusal(Kind.BODY_MALFORMED, detail) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise Refusal(Kind.BODY_MALFORMED, f"Not JSON at {where}: {error.msg}.") from error
    except (RecursionError, ValueError) as error:
        detail = "The JSON is nested too deeply or has a number of too many digits."
        raise Refusal(Kind.BODY_MALFORMED, detail) from error


def _shape_faults(document: Mapping[str, Any]) -> list[Fault]:
    faults = unknown_fields(document, _ALLOWED)
    faults += [Fault(field, "is missing") for field in _REQUIRED if field not in document]
    for field in _TEXTS:
        value = document.get(field, "")
        if not isinstance(value, str) and not (field in _OPTIONAL and value is None):
            faults.append(Fault(field, f"is {TYPE_NAMES[type(value)]}; send a text"))
    return faults


def _encoded(content: str, faults: list[Fault]) -> bytes:
    try:
        data = content.encode()
    except UnicodeEncodeError as error:
        detail = f"has half a character (a lone surrogate) at position {error.start}; remove it"
        faults.append(Fault("content", detail))
        return b""
    faults += size_faults("content", len(data))
    return data


def unknown_fields(document: Mapping[str, Any], allowed: tuple[str, ...]) -> list[Fault]:
    """A fault for each field of *document* that is none of *allowed*."""
    unknown = f"is not a known field; allowed are {listed(allowed)}"
    # A name may be as long as the body; its beginning tells which one it is.
    return [Fault(field[:100], unknown) for field in document if field not in allowed]


def listed(names: tuple[str, ...]) -> str:
    """*names* as people list them."""
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"
