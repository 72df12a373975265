"""Large files: estimates where exact counting would take too much memory, and the memory itself."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import polars as pl
import pytest
from support.stages.handling import Handlers

from headway.base.errors import PermanentError
from p1.columns.sketch import DistinctSketch

#: What a stage's container has to grant for one job at a time. Measured on files of 100 MB:
#: 200 MB for 12 numeric columns, 350 MB for 6 text columns, 670 MB for one column of ".5".
MEMORY_MAX_MB = 700

CHILD = """
import resource, sys
from collections.abc import Callable
from pathlib import Path
from headway.edges.objectstore import ObjectStore
from headway.declared.handler import Job
from p1.handler import make_handler

class Silent:
    idempotency_key = "job/1/p1"
    def report(self, fraction, note=""): pass
    def check(self): pass

store = ObjectStore.open("file://" + sys.argv[1])
done = make_handler(store)(
    Job("job", 1, "x.csv", {"source": {"key": "x", "size_bytes": 0}, "delimiter": None}), Silent()
)
print(done.payload["rows"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize("distinct", [0, 1, 1000, 16_383, 100_000, 400_000])
def test_the_estimate_of_different_values_is_close(distinct: int) -> None:
    """Exact while they are few, within 3 % beyond, repetitions and chunks notwithstanding."""
    # Given a column that comes in chunks, each of which repeats the end of the one before
    sketch = DistinctSketch()
    values = pl.Series([f"value {number}" for number in range(distinct)], dtype=pl.String)
    for start in range(0, distinct, 30_000):
        sketch.add(values.slice(start, 40_000))

    # When its different values are estimated
    estimate = sketch.estimate()

    # Then it is exact while they are few, and close beyond
    assert estimate == pytest.approx(distinct, rel=0.03 if distinct > 16_000 else 0)


def test_a_column_that_comes_in_one_chunk_tells_how_many_values_differ(handlers: Handlers) -> None:
    """More of them than are counted one by one, and yet so short that no second chunk is read."""
    # Given a file of one column without a value twice
    values = [f"v{number}" for number in range(200_001)]

    # When it is profiled
    (column,) = handlers.profile("\n".join(["name", *values]).encode())["columns"]

    # Then the number is an estimate, and close
    assert not column["distinct_exact"]
    assert column["distinct"] == pytest.approx(len(values), rel=0.03)


def test_top_values_survive_forgetting_the_rare(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With too many different values to count each, the frequent ones are still found."""
    # Given bounds so tight that not every value can be counted, and one value in many rows
    monkeypatch.setattr("p1.columns.texts._COUNTED_MAX", 300)
    monkeypatch.setattr("p1.reading.rows._BATCH_VALUES", 400)
    rng = random.Random(1)
    values = [rng.choice(["often", f"rare {number}"]) for number in range(3000)]

    # When the column is profiled
    column = handlers.column(*values)

    # Then the frequent one has its exact count, and only the rare are estimated
    text = column["text"]
    assert (text["exact"], column["distinct_exact"]) == (False, False)
    assert text["top"][0] == {"value": "often", "count": values.count("often")}
    assert column["distinct"] == pytest.approx(len(set(values)), rel=0.03)


@pytest.mark.parametrize(
    "content",
    [
        b"\n" * 100_000,
        b"\r\n" * 100_000,
        b",\n" * 100_000,
        b"a,b\n" + b"\n" * 100_000,
        b"a,b\n" + b" \n" * 100_000,
        b"a,b\n" + b"1\n" * 100_000,
    ],
    ids=["newlines", "dos", "commas", "below-header", "spaces-below-header", "ragged"],
)
def test_lines_without_values_are_passed_over_cheaply(handlers: Handlers, content: bytes) -> None:
    """The work is that of reading the file, not that of looking at each of them."""
    # Given a file of lines that hold nothing of use, and a count of what is called
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    # When it is read, and refused
    sys.setprofile(count)
    try:
        with pytest.raises(PermanentError):
            handlers.profile(content)
    finally:
        sys.setprofile(None)

    # Then hardly a function was called: not one for each line
    assert calls < 0.2 * 100_000


def _numbers(path: Path) -> int:
    rng = random.Random(1)
    block = "".join(
        ",".join(f"{rng.gauss(at, 3):.4f}" for at in range(12)) + "\n" for _ in range(2000)
    )
    return _repeat(path, ",".join(f"n{at}" for at in range(12)), block)


def _texts(path: Path) -> int:
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghij", k=rng.randint(3, 9))) for _ in range(3000)]
    block = "".join(
        f'"{rng.getrandbits(60)}","{", ".join(rng.choices(words, k=12))}",{rng.choice(words)}\n'
        for _ in range(2000)
    )
    return _repeat(path, "id,comment,word", block)


def _repeat(path: Path, header: str, block: str) -> int:
    times = 99_000_000 // len(block)
    with path.open("w", encoding="utf-8") as file:
        file.write(header + "\n")
        for _ in range(times):
            file.write(block)
    return times * 2000


@pytest.mark.slow
@pytest.mark.parametrize("write", [_numbers, _texts])
def test_a_file_of_99_mb_stays_within_its_memory(
    tmp_path: Path, write: Callable[[Path], int]
) -> None:
    """A whole process that profiles a file near the limit peaks below the stated bound."""
    # Given a file near the limit
    (tmp_path / "store").mkdir()
    rows = write(tmp_path / "store" / "x")

    # When a process of its own profiles it
    output = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "store")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    # Then it has read every row, within what a container has to grant
    profiled_rows, peak_mb = map(int, output.split())
    assert profiled_rows == rows
    assert peak_mb < MEMORY_MAX_MB
