"""The rooms of every package, from top to bottom, and a picture of who imports whom.

The order is binding: a room imports only what lies below it. A package without an order here, as a
new stage's is, is sorted by its own imports.
"""

import ast
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import tree
from imports import arrows, rooms
from picture import Box, Picture

#: Nothing to draw: they hold no code of their own, or are the command that starts the rest.
_SILENT: Final = {"__init__", "__main__"}

_IN_ORDER: Final = {
    "headway": (
        "desk provision auditing planning running reporting saying batching handling around "
        "holding commands outcomes workers taking owning following topics serving wire tracing "
        "edges declared observing base"
    ),
    "gateway": (
        "server app tracing watch scheduling commanding admitting expecting receiving settings"
    ),
    "p1": "handler profiling findings columns reading document stage",
    "p2": "handler workbook page document filenames stage",
    "scheduler": (
        "server check running saying taking working rules passes keeping lane pending declared "
        "settings"
    ),
    "status": (
        "server running http statistics events expected stages letters pauses schedules answers "
        "declared reading table listening aside settings"
    ),
}

_MARGIN: Final = 24
_ROW: Final = 38
_BOX: Final = (112, 26)
_LANE: Final = 9
_GAP: Final = 26
_COLUMN: Final = 212
_LEAST_WIDTH: Final = 900


def ordered(package: Path) -> list[str]:
    """The rooms of *package*, none of which imports one above it, as far as an order is kept.

    Raises:
        graphlib.CycleError: no order is kept: rooms import each other in a circle.
    """
    there = [room for room in rooms(package) if room not in _SILENT]
    if package.name in _IN_ORDER:
        return [room for room in _IN_ORDER[package.name].split() if room in there]
    below: dict[str, set[str]] = {room: set() for room in there}
    for upper, lower in arrows(package):
        if upper in below and lower in below:
            below[upper].add(lower)
    return list(TopologicalSorter(below).static_order())[::-1]


def unplaced(package: Path) -> list[str]:
    """Rooms that the order does not name."""
    return sorted(set(rooms(package)) - _SILENT - set(ordered(package)))


def upward(package: Path) -> list[str]:
    """Every import that runs back up: from where to where, and the modules that do it."""
    place = {room: number for number, room in enumerate(ordered(package))}
    return [
        f"{upper} -> {lower}: {', '.join(sorted(modules))}"
        for (upper, lower), modules in sorted(arrows(package).items())
        if upper in place and lower in place and place[upper] > place[lower]
    ]


def packages(root: Path) -> list[Path]:
    """The library, then every service."""
    services = [root / "services" / name / name for name in tree.services(root)]
    return [root / "runtime" / "headway", *services]


def svg(root: Path) -> str:
    """The picture: services above, the library below; arrows that others imply are left out."""
    library, *services = packages(root)
    below = 84 + max(len(ordered(service)) for service in services) * _ROW
    picture = Picture(
        max(2 * _MARGIN + len(services) * _COLUMN, _LEAST_WIDTH),
        below + 62 + len(ordered(library)) * _ROW,
        "The rooms of the house",
        "Services and the library, each as its rooms from top to bottom. Arrows are imports; they "
        "all run down. Services import the library and never each other.",
    )
    for number, service in enumerate(services, 1):
        x = _MARGIN + number * _COLUMN - _GAP - _BOX[0]
        picture.text(service.name, (x + _BOX[0] / 2, 44))
        _column(picture, service, x, 58)
    picture.box("band", Box(_MARGIN, below - 18, picture.width - 2 * _MARGIN, 24))
    words = "import headway, never each other"
    picture.text(words, (picture.width / 2, below - 1), kind="small muted")
    _draw_library(picture, library, below)
    return picture.svg()


def _draw_library(picture: Picture, library: Path, top: float) -> None:
    widest = max((lane for _, _, lane in _lanes(library, ordered(library))), default=0)
    left = _MARGIN + widest * _LANE
    picture.text(library.name, (left + _BOX[0] / 2, top + 32))
    for room, y in _column(picture, library, left, top + 44).items():
        at = (left + _BOX[0] + 16, y + 17)
        picture.text(duty(library / room), at, kind="small muted", anchor="start")


def _column(picture: Picture, package: Path, x: float, y: float) -> dict[str, float]:
    """Draw one package's rooms below each other; the height of each."""
    order = ordered(package)
    places = {room: y + number * _ROW for number, room in enumerate(order)}
    for room, top in places.items():
        kind = "service" if (package / room).is_dir() else "topic"
        picture.box(kind, Box(x, top, *_BOX))
        picture.text(room, (x + _BOX[0] / 2, top + 17), kind="small ink")
    for upper, lower, lane in _lanes(package, order):
        start, end = places[upper], places[lower]
        # What runs up is drawn as what it is.
        kind = "read" if start < end else "give-up"
        if lane == 0:
            middle = x + _BOX[0] / 2
            picture.arrow(kind, (middle, start + _BOX[1]), (middle, end))
        else:
            aside = x - lane * _LANE
            above, below = start + _BOX[1] - 6, end + 7
            picture.arrow(kind, (x, above), (aside, above), (aside, below), (x, below))
    return places


def _lanes(package: Path, order: list[str]) -> list[tuple[str, str, int]]:
    """Arrows with the lane each runs in: 0 to the next room, else beside, the short ones inside."""
    place = {room: number for number, room in enumerate(order)}
    found = [pair for pair in arrows(package) if set(pair) <= place.keys()]
    kept = [pair for pair in found if not _implied(pair, found)]
    used: list[list[range]] = []
    lanes = []
    for upper, lower in sorted(kept, key=lambda pair: abs(place[pair[1]] - place[pair[0]])):
        span = range(*sorted((place[upper], place[lower])))
        if place[lower] == place[upper] + 1:
            lanes.append((upper, lower, 0))
            continue
        lane = next((i for i, taken in enumerate(used) if not _meets(span, taken)), len(used))
        used[lane:] = used[lane:] or [[]]
        used[lane].append(span)
        lanes.append((upper, lower, lane + 1))
    return lanes


def _meets(span: range, taken: list[range]) -> bool:
    return any(span.start < other.stop and other.start < span.stop for other in taken)


def _implied(pair: tuple[str, str], pairs: list[tuple[str, str]]) -> bool:
    """Whether a longer way leads from the one to the other."""
    ahead = [lower for upper, lower in pairs if upper == pair[0] and lower != pair[1]]
    seen = set[str]()
    while ahead:
        room = ahead.pop()
        if room == pair[1]:
            return True
        if room not in seen:
            seen.add(room)
            ahead += [lower for upper, lower in pairs if upper == room]
    return False


def duty(room: Path) -> str:
    """The first sentence of a room's docstring."""
    path = room / "__init__.py" if room.is_dir() else room.with_suffix(".py")
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return said.partition("\n")[0].rstrip(".")
