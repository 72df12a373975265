"""The page of the pipeline, read as it is drawn and said."""

import re
from typing import Final

from playwright.sync_api import Locator, Page

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_WINDOW_SECONDS: Final = 10


class FlowPage:
    """Of a pipeline whose stages are called *labels* by people."""

    def __init__(self, page: Page, labels: list[str]) -> None:
        self._page = page
        self._labels = labels

    def ended(self) -> list[int]:
        """By stage, what the line of the chart comes to: its points are rates of ten seconds."""
        drawn: str = self._drawing("Jobs ended").evaluate("node => node.outerHTML")
        bottom, _, top = map(float, re.findall(r'chart-grid"[^>]* y1="([\d.]+)"', drawn))
        most = float(re.findall(r'chart-level"[^>]*>([\d.]+)/s', drawn)[-1])
        paths = re.findall(r'class="line line-(\d)" d="([^"]+)"', drawn)
        totals = [0.0] * len(self._labels)
        for line, path in paths:
            for y in re.findall(r"[ML][\d.]+ ([\d.]+)", path):
                totals[int(line)] += (bottom - float(y)) / (bottom - top) * most
        return [round(total * _WINDOW_SECONDS) for total in totals]

    def failures(self) -> dict[tuple[str, str], int]:
        """By the stage and the class of the error."""
        rows = self._page.locator("#failures .failure").all_inner_texts()
        found = [re.fullmatch(r"(\S+) in (.+?)\s+(\d+)", row.strip()) for row in rows]
        return {(row[2], row[1]): int(row[3]) for row in found if row is not None}

    def words(self, title: str) -> dict[str, str]:
        """What is said of a chart to those who do not see it, by stage."""
        said = self._drawing(title).get_attribute("aria-label") or ""
        values = said.removeprefix(f"{title}: ").split(", ")
        return {name: value for each in values for name, value in [self._named(each)]}

    def seconds(self, title: str) -> dict[str, float]:
        """The same of a chart of times."""
        found = {}
        for stage, words in self.words(title).items():
            number, _, unit = words.partition(" ")
            found[stage] = float(number) * _SECONDS[unit]
        return found

    def _drawing(self, title: str) -> Locator:
        return self._page.get_by_role("img", name=f"{title}:")

    def _named(self, said: str) -> tuple[str, str]:
        label = next(label for label in self._labels if said.startswith(label))
        return label, said.removeprefix(f"{label} ")
