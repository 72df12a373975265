"""The values as a table of the chart's README."""

import json
from typing import Any

from chart.values import Value


def of(root: Value) -> str:
    """A line a value, in the order of the file."""
    lines = ["| value | default | |", "|---|---|---|"]
    lines += [_line(value) for value in root.leaves() if value.words]
    return "\n".join(lines) + "\n"


def _line(value: Value) -> str:
    words = value.words.replace("|", "\\|")
    return f"| `{value.path}` | {_default(value.default)} | {words} |"


def _default(default: Any) -> str:
    if default in ("", [], {}):
        return "none"
    return f"`{json.dumps(default, ensure_ascii=False)}`".replace("|", "\\|")
