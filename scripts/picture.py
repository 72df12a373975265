"""A small SVG canvas whose pictures are readable on a light and on a dark page."""

from dataclasses import dataclass, field
from html import escape
from typing import Final

_HEAD: Final = 7
_CORNER: Final = 8

#: Class: light, then dark. The canvas has its own ground, so it suits any page.
_COLOURS: Final = {
    ".ground": ("fill:#ffffff;stroke:#d1d9e0", "fill:#0d1117;stroke:#30363d"),
    ".ink": ("fill:#1f2328", "fill:#f0f6fc"),
    ".muted": ("fill:#59636e", "fill:#9198a1"),
    ".service": ("fill:#ddf4ff;stroke:#0969da", "fill:#10243e;stroke:#4493f8"),
    ".topic": ("fill:#f6f8fa;stroke:#818b98", "fill:#151b23;stroke:#656c76"),
    ".state": ("fill:#dafbe1;stroke:#1a7f37", "fill:#12261e;stroke:#3fb950"),
    ".bad": ("fill:#ffebe9;stroke:#cf222e", "fill:#2a1518;stroke:#f85149"),
    ".outside": ("fill:none;stroke:#818b98", "fill:none;stroke:#656c76"),
    ".band": ("fill:#f6f8fa;stroke:none", "fill:#151b23;stroke:none"),
    ".track": ("fill:#d1d9e0", "fill:#3d444d"),
    ".fill": ("fill:#1a7f37", "fill:#3fb950"),
    ".frame": ("stroke:#0969da", "stroke:#4493f8"),
    ".read": ("stroke:#59636e", "stroke:#9198a1"),
    ".lossy": ("stroke:#9a6700", "stroke:#d29922"),
    ".give-up": ("stroke:#cf222e", "stroke:#f85149"),
    ".frame-head": ("fill:#0969da", "fill:#4493f8"),
    ".read-head": ("fill:#59636e", "fill:#9198a1"),
    ".lossy-head": ("fill:#9a6700", "fill:#d29922"),
    ".give-up-head": ("fill:#cf222e", "fill:#f85149"),
}
_SHAPES: Final = (
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}"
    ".name{font-size:13px;font-weight:600}.small{font-size:11px}"
    ".line{fill:none;stroke-width:1.6}.lossy{stroke-dasharray:5 4}"
    ".outside{stroke-dasharray:4 3}rect{stroke-width:1.2}"
)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; its sides are where arrows begin and end."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def centre(self) -> float:
        """Half of its height."""
        return self.y + self.height / 2


@dataclass(slots=True)
class Picture:
    """Shapes in the order they are drawn; what comes later lies above."""

    width: int
    height: int
    title: str
    description: str
    _parts: list[str] = field(default_factory=list)

    def box(self, kind: str, box: Box, *, radius: float = 6) -> None:
        self._parts.append(f'<rect class="{kind}" {_place(box)} rx="{radius:g}"/>')

    def text(
        self, words: str, at: Point, *, kind: str = "name ink", anchor: str = "middle"
    ) -> None:
        place = f'x="{at[0]:g}" y="{at[1]:g}" text-anchor="{anchor}"'
        self._parts.append(f'<text class="{kind}" {place}>{escape(words)}</text>')

    def arrow(self, kind: str, *points: Point) -> None:
        """A line through *points*, its corners rounded, with a head at the last."""
        self._parts.append(
            f'<path class="line {kind}" d="{_rounded(points)}" marker-end="url(#{kind})"/>'
        )

    def arc(self, kind: str, start: Point, end: Point, *, height: float) -> None:
        """A line from *start* up, over, and down to *end*."""
        top = min(start[1], end[1]) - height
        self.arrow(kind, start, (start[0], top), (end[0], top), end)

    def svg(self) -> str:
        size = f'viewBox="0 0 {self.width} {self.height}" width="{self.width}"'
        dark = f"@media (prefers-color-scheme:dark){{{_rules(1)}}}"
        ground = Box(0.5, 0.5, self.width - 1, self.height - 1)
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} height="{self.height}" role="img">',
            f"<title>{escape(self.title)}</title>",
            f"<desc>{escape(self.description)}</desc>",
            f"<style>{_SHAPES}{_rules(0)}{dark}</style>",
            f"<defs>{''.join(map(_marker, ('frame', 'read', 'lossy', 'give-up')))}</defs>",
            f'<rect class="ground" {_place(ground)} rx="8"/>',
            *self._parts,
            "</svg>",
        ]
        return "\n".join(lines) + "\n"


def _rules(shade: int) -> str:
    return "".join(f"{name}{{{colours[shade]}}}" for name, colours in _COLOURS.items())


def _marker(kind: str) -> str:
    return (
        f'<marker id="{kind}" viewBox="0 0 10 10" refX="9" refY="5" orient="auto" '
        f'markerUnits="userSpaceOnUse" markerWidth="{_HEAD}" markerHeight="{_HEAD}">'
        f'<path class="{kind}-head" d="M0 0L10 5L0 10z"/></marker>'
    )


def _place(box: Box) -> str:
    return f'x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"'


def _rounded(points: tuple[Point, ...]) -> str:
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        entry, leaving = _towards(corner, before), _towards(corner, after)
        path += f"L{entry[0]:g} {entry[1]:g}"
        path += f"Q{corner[0]:g} {corner[1]:g} {leaving[0]:g} {leaving[1]:g}"
    return path + f"L{points[-1][0]:g} {points[-1][1]:g}"


def _towards(corner: Point, other: Point) -> Point:
    """The point a corner's radius away from *corner*, on the way to *other*."""
    across, down = other[0] - corner[0], other[1] - corner[1]
    length = max((across**2 + down**2) ** 0.5, 1)
    share = min(_CORNER, length / 2) / length
    return corner[0] + across * share, corner[1] + down * share
