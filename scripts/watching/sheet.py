"""The dashboard as one picture of what a Prometheus has had for it lately.

`PYTHONPATH=scripts python -m watching.sheet URL [MINUTES]` prints it: for `docs/dashboard.svg`, and
for a look at every panel where there is no Grafana.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Final

from watching import series
from watching.dashboard import ROWS
from watching.panel import Kind, Panel, Row, Unit
from watching.series import Series, Span

_WIDTH: Final = 1180
_GAP: Final = 10
_TITLE: Final = 34
_HEIGHT: Final = {Kind.LINES: 168, Kind.NUMBER: 74}
#: Inside a panel, above and below its lines: heading, legend.
_ABOVE: Final = 34
_BELOW: Final = 22
_COLUMNS: Final = 24
#: Pixels a character of a legend, and before a name: what does not fit is counted.
_LETTER: Final = 6.2
_DOT: Final = 18
_HUES: Final = (
    "#4493f8",
    "#2da44e",
    "#d29922",
    "#f85149",
    "#a371f7",
    "#1b9aaa",
    "#db61a2",
    "#8b949e",
)
_STYLE: Final = (
    "text{font:11px system-ui,'Segoe UI','DejaVu Sans',sans-serif;fill:#59636e}"
    ".ground{fill:#fff}.panel{fill:#f6f8fa;stroke:#d1d9e0}.title{font-weight:600;fill:#1f2328}"
    ".row{font-size:15px;font-weight:600;fill:#1f2328}.number{font-size:24px;fill:#1f2328}"
    "path{fill:none;stroke-width:1.4}.axis{stroke:#d1d9e0}"
    "@media(prefers-color-scheme:dark){text{fill:#9198a1}.ground{fill:#0d1117}"
    ".panel{fill:#151b23;stroke:#30363d}.title,.row,.number{fill:#f0f6fc}.axis{stroke:#30363d}}"
)

#: The lines of a panel.
Asked = Callable[[Panel], Sequence[Series]]


def main() -> None:
    url, minutes = sys.argv[1].rstrip("/"), float(sys.argv[2]) if sys.argv[2:] else 15.0
    now = time.time()
    span = Span(now - minutes * 60, now)
    print(svg(ROWS, lambda panel: series.of(panel, url, span), span), end="")


def svg(rows: Sequence[Row], asked: Asked, span: Span) -> str:
    """All rows from top to bottom, every panel with its lines over *span*."""
    parts: list[str] = []
    y = 0.0
    for row in rows:
        parts.append(f'<text class="row" x="{_GAP}" y="{y + 23:g}">{escape(row.title)}</text>')
        y += _TITLE
        x, height = 0, 0
        for panel in row.panels:
            if x + panel.width > _COLUMNS:
                x, y = 0, y + height + _GAP
            height = _HEIGHT[panel.kind]
            parts += _panel(panel, asked(panel), span, at=(_GAP + x * _unit(), y))
            x += panel.width
        y += height + _GAP
    return _page(parts, y)


def _page(parts: Sequence[str], height: float) -> str:
    size = f'viewBox="0 0 {_WIDTH} {height:g}" width="{_WIDTH}" height="{height:g}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        "<title>The dashboard</title>",
        "<desc>Every panel of the dashboard with what a Prometheus had for it.</desc>",
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{_WIDTH}" height="{height:g}"/>',
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _unit() -> float:
    return (_WIDTH - _GAP) / _COLUMNS


def _panel(
    panel: Panel, lines: Sequence[Series], span: Span, *, at: tuple[float, float]
) -> Iterator[str]:
    width, height = panel.width * _unit() - _GAP, _HEIGHT[panel.kind]
    yield f'<g transform="translate({at[0]:.1f} {at[1]:g})">'
    yield f'<rect class="panel" width="{width:.1f}" height="{height}" rx="5"/>'
    yield f'<text class="title" x="8" y="16">{escape(panel.title)}</text>'
    if panel.kind is Kind.NUMBER:
        last = [line.points[-1][1] for line in lines if line.points]
        told = _told(last[0], panel.unit) if last else "no data"
        yield f'<text class="number" x="8" y="52">{told}</text>'
    else:
        yield from _curves(panel, lines, span, size=(width, height))
    yield "</g>"


def _curves(
    panel: Panel, lines: Sequence[Series], span: Span, *, size: tuple[float, float]
) -> Iterator[str]:
    width, height = size
    most = max((value for line in lines for _, value in line.points), default=0.0) or 1.0
    bottom = height - _BELOW
    yield f'<path class="axis" d="M8 {bottom}H{width - 8:.1f}"/>'
    yield f'<text x="{width - 8:.1f}" y="16" text-anchor="end">{_told(most, panel.unit)}</text>'

    def place(at: float, value: float) -> str:
        x = 8 + (width - 16) * (at - span.begin) / (span.end - span.begin)
        return f"{x:.1f} {bottom - (bottom - _ABOVE) * value / most:.1f}"

    for index, line in enumerate(lines):
        path, before = "", -math.inf
        for at, value in line.points:
            # Where a Prometheus had nothing, nothing is drawn.
            path += ("L" if at - before <= 2 * span.step_seconds else "M") + place(at, value)
            before = at
        if path:
            yield f'<path stroke="{_hue(index)}" d="{path}"/>'
    yield f'<text x="8" y="{height - 7}">{_legend(lines, width)}</text>'


def _legend(lines: Sequence[Series], width: float) -> str:
    told: list[str] = []
    room = width - 80
    for index, line in enumerate(lines):
        room -= _DOT + _LETTER * len(line.name)
        if room < 0:
            told.append(f"… {len(lines) - index} more")
            break
        told.append(f'<tspan fill="{_hue(index)}">● </tspan>{escape(line.name)}')
    return "  ".join(told) or "no data"


def _hue(index: int) -> str:
    return _HUES[index % len(_HUES)]


def _told(value: float, unit: Unit) -> str:
    if unit is Unit.SECONDS:
        return f"{value * 1000:.0f} ms" if value < 1 else f"{value:,.3g} s"
    return f"{value:,.3g}/s" if unit is Unit.PER_SECOND else f"{value:,.4g}"


if __name__ == "__main__":
    main()
