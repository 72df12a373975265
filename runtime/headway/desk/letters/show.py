"""`headway dead-letters show`: one letter, its headers and its bytes."""

import base64
import sys
from argparse import ArgumentParser, Namespace
from typing import Final

from headway.desk.cluster import Cluster, reached
from headway.desk.letters.letter import Letter, letter_of
from headway.desk.letters.parts import original
from headway.desk.letters.places import add_place, places_in
from headway.desk.subcommand import DONE, SubCommand
from headway.desk.telling import answer, answer_json, moment
from headway.edges.kafka import Message
from headway.edges.messages import headers_of
from headway.wire.carried import CarriedRecords

_SHOWN_BYTES: Final = 2048
_LINE_BYTES: Final = 16
_NAME_WIDTH: Final = 28
_MOST_HEX_BYTES: Final = 64


def add(parser: ArgumentParser) -> None:
    """The place, and how it is shown."""
    add_place(parser)
    parser.add_argument("--all", action="store_true", help="every byte, not the first 2,048")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="in JSON; bytes in base64")
    how.add_argument(
        "--raw",
        action="store_true",
        help="nothing but the bytes of the record's value; from the object store if they lie there",
    )


def run(chosen: Namespace) -> int:
    """Show it."""
    (place,) = places_in(chosen.place)
    with reached() as cluster:
        message = cluster.record(*place)
        if chosen.raw:
            sys.stdout.buffer.write(original(cluster, message).value() or b"")
            sys.stdout.flush()
        elif chosen.json:
            answer_json(as_json(cluster, message))
        else:
            _show(cluster, message, everything=chosen.all)
    return DONE


def as_json(cluster: Cluster, message: Message) -> dict[str, object]:
    """All of a letter; what its headers tell of it beside, and every byte in base64."""
    return {
        **letter_of(message, CarriedRecords(cluster.codec)).told(),
        "timestamp": message.timestamp()[1],
        "key": _base64(message.key()),
        "value": _base64(message.value()),
        "headers": [[name, _base64(value)] for name, value in headers_of(message)],
    }


def _base64(value: str | bytes | None) -> str | None:
    data = value.encode() if isinstance(value, str) else value
    return None if data is None else base64.b64encode(data).decode()


def _show(cluster: Cluster, message: Message, *, everything: bool) -> None:
    letter = letter_of(message, CarriedRecords(cluster.codec))
    answer(f"{letter.place}: given up by {letter.stage or '?'} at {moment(letter.failed_at)}")
    answer(f"job {letter.job_id or '(none)'}, attempt {letter.attempt}")
    answer(f"{letter.error_class}: {letter.message}")
    _show_claims(letter)
    answer("\nheaders")
    for name, value in headers_of(message):
        answer(f"  {name.ljust(_NAME_WIDTH)} {_readable(value)}")
    value = message.value() or b""
    shown = value if everything else value[:_SHOWN_BYTES]
    answer(f"\nvalue, {len(value):,} bytes")
    for start in range(0, len(shown), _LINE_BYTES):
        answer(_dumped(start, shown[start : start + _LINE_BYTES]))
    if len(shown) < len(value):
        answer(f"  … {len(value) - len(shown):,} more: --all")


def _show_claims(letter: Letter) -> None:
    for claim in letter.claims:
        answer(
            f"its {claim.part}, {claim.size_bytes:,} bytes, lies in the object store: {claim.key}"
        )
    if letter.missing:
        answer(f"its {letter.missing} was too large, and the object store was away")


def _readable(value: str | bytes | None) -> str:
    """Text as it is, over its lines; other bytes in hexadecimal, the first of them."""
    data = value.encode() if isinstance(value, str) else value or b""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if all(char.isprintable() or char in "\n\t" for char in text):
        return text.replace("\n", "\n" + " " * (_NAME_WIDTH + 3))
    more = f" … {len(data):,} bytes" if len(data) > _MOST_HEX_BYTES else ""
    return data[:_MOST_HEX_BYTES].hex(" ", 4) + more


def _dumped(start: int, data: bytes) -> str:
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)  # noqa: PLR2004 - ASCII
    return f"  {start:08x}  {data.hex(' ').ljust(_LINE_BYTES * 3 - 1)}  {text}"


SUBCOMMAND: Final = SubCommand("show", "show one dead letter: headers and bytes", add, run)
