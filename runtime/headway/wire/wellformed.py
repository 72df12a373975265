"""Whether bytes are what a schema allows, looked at before they are read.

fastavro believes what it meets: a number of more than 64 bits is wrapped (2^66 reads as 0), an
array may claim any count. So bytes that could hold such a thing (`may_lie`: few do) are walked
over first, as the Avro specification's binary encoding has them: by lengths and counts alone, past
all text and content. Whatever else the specification does not allow, the walk refuses as well.
"""

import re
from collections.abc import Callable
from itertools import groupby
from typing import Any, Final, TypeAlias

#: Where the value ends that begins there; raises ValueError or IndexError if there is none.
Walk: TypeAlias = Callable[[bytes, int], int]

#: Items of one array or map. As Python objects they take hundreds of bytes each, though two in
#: the record; this many are some 30 MB.
MOST_ITEMS: Final = 100_000
#: Types without a length, as patterns: neighbours are passed in one match. Numbers have seven bits
#: a byte, the eighth says that more follow; of the last byte only the bits that are left.
_PLAIN: Final = {
    "null": rb"",
    "boolean": rb"[\x00\x01]",
    "int": rb"(?:[\x80-\xff]{0,3}[\x00-\x7f]|[\x80-\xff]{4}[\x00-\x0f])",
    "long": rb"(?:[\x80-\xff]{0,8}[\x00-\x7f]|[\x80-\xff]{9}[\x00\x01])",
    "float": rb"[\x00-\xff]{4}",
    "double": rb"[\x00-\xff]{8}",
}
_LONG: Final = re.compile(_PLAIN["long"])
#: Items of smaller records cost nothing, whatever their counts claim: the bytes end first.
_SMALL_BYTES: Final = 4096
#: A number of more than 64 bits has nine bytes in a row with the eighth bit; text in other
#: alphabets may have them too.
_EIGHTH_BIT: Final = bytes(128) + b"\x01" * 128
_LONG_RUN: Final = b"\x01" * 9
_LONGEST_SHORT: Final = 0x7F


def may_lie(data: bytes) -> bool:
    """Whether *data* could hold a number that is wrapped or a count that costs anything."""
    return len(data) > _SMALL_BYTES or _LONG_RUN in data.translate(_EIGHTH_BIT)


def walk_of(schema: Any) -> Walk:
    """How to walk over a value of *schema*, a parsed one.

    Raises:
        KeyError: a type is not of the specification.
    """
    return _walk_of(schema, {})


def _walk_of(schema: Any, named: dict[str, Walk]) -> Walk:
    if isinstance(schema, list):
        return _union([_walk_of(branch, named) for branch in schema])
    if isinstance(schema, str):
        return named[schema] if schema in named else _primitive(schema)
    build = _BUILDERS.get(schema["type"])
    return build(schema, named) if build else _walk_of(schema["type"], named)


def _primitive(name: str) -> Walk:
    return _sized if name in {"string", "bytes"} else _plain([name])


def _record(schema: Any, named: dict[str, Walk]) -> Walk:
    steps: list[Walk] = []
    named[schema["name"]] = walk = _row(steps)  # before its fields, since they may name it
    types = [field["type"] for field in schema["fields"]]
    for plain, run in groupby(types, lambda kind: isinstance(kind, str) and kind in _PLAIN):
        kinds = list(run)
        steps += [_plain(kinds)] if plain else [_walk_of(kind, named) for kind in kinds]
    return walk


def _array(schema: Any, named: dict[str, Walk]) -> Walk:
    return _items(_walk_of(schema["items"], named))


def _map(schema: Any, named: dict[str, Walk]) -> Walk:
    return _items(_row([_sized, _walk_of(schema["values"], named)]))


def _enum(schema: Any, named: dict[str, Walk]) -> Walk:
    named[schema["name"]] = walk = _choice(len(schema["symbols"]))
    return walk


def _fixed(schema: Any, named: dict[str, Walk]) -> Walk:
    size: int = schema["size"]
    named[schema["name"]] = walk = lambda data, at: _within(data, at + size)
    return walk


_BUILDERS: Final[dict[str, Callable[[Any, dict[str, Walk]], Walk]]] = {
    "record": _record,
    "array": _array,
    "map": _map,
    "enum": _enum,
    "fixed": _fixed,
}


def _row(steps: list[Walk]) -> Walk:
    def walk(data: bytes, at: int) -> int:
        for step in steps:
            at = step(data, at)
        return at

    return walk


def _plain(names: list[str]) -> Walk:
    match = re.compile(b"".join(_PLAIN[name] for name in names)).match

    def walk(data: bytes, at: int) -> int:
        found = match(data, at)
        if found is None:
            raise ValueError(f"no {', '.join(names)} at byte {at}")
        return found.end()

    return walk


def _items(item: Walk) -> Walk:
    def walk(data: bytes, at: int) -> int:
        total = 0
        while True:
            count, at = _number(data, at)
            if count == 0:
                return at
            if count < 0:  # a block that says its size as well
                count, (_, at) = -count, _number(data, at)
            total += count
            if total > MOST_ITEMS:
                raise ValueError(f"{total:,} items, above {MOST_ITEMS:,}")
            for _ in range(count):
                at = item(data, at)

    return walk


def _union(branches: list[Walk]) -> Walk:
    def walk(data: bytes, at: int) -> int:
        index, at = _number(data, at)
        if not 0 <= index < len(branches):
            raise ValueError(f"branch {index} of a union of {len(branches)}")
        return branches[index](data, at)

    return walk


def _choice(count: int) -> Walk:
    def walk(data: bytes, at: int) -> int:
        index, at = _number(data, at)
        if not 0 <= index < count:
            raise ValueError(f"symbol {index} of {count}")
        return at

    return walk


def _sized(data: bytes, at: int) -> int:
    size = data[at]
    if size <= _LONGEST_SHORT and not size & 1:  # most texts: below 64 bytes
        end = at + 1 + (size >> 1)
        return end if end <= len(data) else _within(data, end)
    size, at = _number(data, at)
    if size < 0:
        raise ValueError(f"a length of {size}")
    return _within(data, at + size)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at *at*, and where it ends."""
    byte = data[at]
    if byte <= _LONGEST_SHORT:
        return byte >> 1 ^ -(byte & 1), at + 1
    found = _LONG.match(data, at)
    if found is None:
        raise ValueError(f"no long at byte {at}")
    number = 0
    for byte in reversed(found[0]):
        number = number << 7 | byte & 0x7F
    return number >> 1 ^ -(number & 1), found.end()


def _within(data: bytes, end: int) -> int:
    if end > len(data):
        raise ValueError(f"{end - len(data):,} bytes are missing")
    return end
