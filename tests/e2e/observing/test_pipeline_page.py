"""The page of the pipeline says what a plain count of the topics says."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.kafka.cluster import Cluster
from support.processes import Service
from support.product import Product
from support.statistics.flowpage import FlowPage
from support.statistics.workers import worker
from support.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.browser]

_GOOD = b"a,b\n1,2\n3,4\n"
_RAGGED = b"a,b\n1,2\n3,4,5\n"
_NO_ROWS = b"a,b\n"
_NO_RECORD = b"unreadable"


@pytest.fixture
def summing(cluster: Cluster, tmp_path: Path) -> Iterator[Service]:
    """A worker of the statistics."""
    one = worker(cluster, tmp_path, "statistics").start()
    yield one
    one.close()


def test_boxes_charts_and_failures_are_those_of_a_plain_count(
    cluster: Cluster, summing: Service, start: Callable[..., Service], browser: Browser
) -> None:
    """Real stages, real statistics, a real browser; what is done, what is given up, how long."""
    # Given the product with its statistics, and somebody who looks at the pipeline
    product = Product(start)
    page = browser.new_page()
    page.goto(f"{product.status}/#/pipeline")
    shown = FlowPage(page, [stage.label for stage in cluster.pipeline.stages])

    # When files are handed in, some of which are no tables, and a record comes that is none
    since = time.monotonic()
    files = [_GOOD] * 9 + [_RAGGED] * 3 + [_NO_ROWS]
    for number, content in enumerate(files):
        assert product.upload(f"{number}.csv", content).is_success
    cluster.produce("jobs.p1-done", key=_NO_RECORD, value=b"not a profile")
    cluster.flush()
    wait_until(lambda: _Count.of(cluster).whole(len(files)), lambda: _Count.of(cluster))
    count = _Count.of(cluster)

    # Then the lines of the chart and the failures by class come to what lies in the topics
    def told() -> object:
        return shown.ended(), shown.failures(), count, summing.tail()

    wait_until(
        lambda: (shown.ended(), shown.failures()) == (count.ended, count.given_up),
        told,
        pause_seconds=0.5,
    )

    # And so do the boxes, and the words for those who see no chart
    _boxes_say(page, count)
    nothing = dict.fromkeys(count.done, "0")
    wait_until(lambda: shown.words("Waiting") == nothing, lambda: shown.words("Waiting"))
    passed = time.monotonic() - since
    for title in ("In the stage, median", "In the stage, 95 %"):
        _within(passed, shown.seconds(title), of=list(count.done))
    for title in ("Submission to end, median", "Submission to end, 95 %"):
        _within(passed, shown.seconds(title), of=list(count.done)[-1:])
    page.close()


@dataclass(frozen=True)
class _Count:
    """What lies in the topics of each stage, in their order."""

    done: dict[str, int]
    given_up: dict[tuple[str, str], int]

    @staticmethod
    def of(cluster: Cluster) -> "_Count":
        done, given_up = {}, Counter[tuple[str, str]]()
        for stage in cluster.pipeline.stages:
            sent = [r for r in cluster.read(stage.sink) if r.key != _NO_RECORD]
            done[stage.label] = len(sent)
            for letter in cluster.read(stage.dead_letters):
                given_up[stage.label, letter.headers["headway.error.class"].decode()] += 1
        return _Count(done, dict(given_up))

    def letters(self, label: str) -> int:
        return sum(times for (of, _), times in self.given_up.items() if of == label)

    @property
    def ended(self) -> list[int]:
        return [done + self.letters(label) for label, done in self.done.items()]

    def whole(self, files: int) -> bool:
        """Whether each stage is through with all that it is given, a record that is none too."""
        first, last = self.ended
        done, *_ = self.done.values()
        return (first, last) == (files, done + 1)


def _boxes_say(page: Page, count: _Count) -> None:
    *_, completed = count.done.values()
    expect(page.locator(".flow-end strong")).to_have_text(str(completed))
    for number, label in enumerate(count.done):
        letters = count.letters(label)
        box = page.locator(".flow-stage").nth(number)
        expect(page.locator(".flow-waiting").nth(number)).to_have_text("0")
        expect(box).to_contain_text(f"{label}0 running")
        expect(box).to_contain_text(f"{letters} dead letter{'s' if letters > 1 else ''}")


def _within(passed: float, seconds: dict[str, float], *, of: list[str]) -> None:
    """All took some time, and none longer than *passed*: quantiles are true to within a fifth."""
    assert list(seconds) == of
    assert all(0 < each < 1.25 * passed for each in seconds.values()), (seconds, passed)
