import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localkafka import BrokerFailed
from localkafka.jvm import faults, verified

JARS = {"kafka.jar": b"the broker", "log.jar": b"its log"}

Fetch = Callable[[Path], None]


@pytest.fixture
def checksums(tmp_path: Path) -> Path:
    """The list of the two jars, as `sha256sum` writes it."""
    path = tmp_path / "jars.sha256"
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in JARS.items()]
    path.write_text("".join(lines), encoding="ascii")
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where the jars are to be kept; not there yet."""
    return tmp_path / "cache" / "kafka"


def bring(jars: dict[str, bytes]) -> Fetch:
    def fetch(folder: Path) -> None:
        for name, data in jars.items():
            (folder / name).write_bytes(data)

    return fetch


def must_not_fetch(folder: Path) -> None:
    pytest.fail(f"fetched again into {folder}")


def test_jars_are_fetched_once(cache: Path, checksums: Path) -> None:
    """What verifies is kept and used without another download."""
    # Given jars that were fetched and are as listed
    verified(cache, checksums, bring(JARS))

    # When they are wanted again
    folder = verified(cache, checksums, must_not_fetch)

    # Then they are there, and nothing was fetched
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == JARS


@pytest.mark.parametrize(
    ("jars", "message"),
    [
        pytest.param(JARS | {"kafka.jar": b"tampered"}, "kafka.jar has SHA-256", id="changed"),
        pytest.param({"kafka.jar": b"the broker"}, "log.jar is missing", id="missing"),
        pytest.param(JARS | {"more.jar": b"!"}, "more.jar is not listed", id="added"),
    ],
)
def test_fetched_jars_that_differ_from_the_list_are_refused(
    jars: dict[str, bytes],
    message: str,
    cache: Path,
    checksums: Path,
) -> None:
    """A changed, missing or added jar is named, and nothing of the download stays."""
    # When a download brings other jars than those listed, which is refused
    with pytest.raises(BrokerFailed, match=message):
        verified(cache, checksums, bring(jars))

    # Then nothing of it stays but the lock
    assert [path.name for path in cache.parent.iterdir()] == ["kafka.lock"]


def test_a_cache_changed_afterwards_is_replaced(cache: Path, checksums: Path) -> None:
    """Jars are verified at every start: one tampered with later is never run."""
    # Given jars of which one was changed after it was fetched
    verified(cache, checksums, bring(JARS))
    (cache / "kafka.jar").write_bytes(b"tampered")

    # When they are wanted again
    verified(cache, checksums, bring(JARS))

    # Then they are as listed
    assert not list(faults(cache, checksums))


def test_a_download_that_breaks_off_leaves_no_cache(cache: Path, checksums: Path) -> None:
    """The cache appears whole or not at all."""

    # Given a download that fails after the first jar
    def break_off(folder: Path) -> None:
        (folder / "kafka.jar").write_bytes(JARS["kafka.jar"])
        raise ConnectionError

    # When jars are wanted
    with pytest.raises(ConnectionError):
        verified(cache, checksums, break_off)

    # Then there is no cache with half of them
    assert not cache.exists()


def test_jars_wanted_at_the_same_time_are_fetched_once(cache: Path, checksums: Path) -> None:
    """Whoever comes second waits and uses what the first has fetched."""
    # Given a download that is counted
    fetches: list[Path] = []

    def count_and_bring(folder: Path) -> None:
        fetches.append(folder)
        bring(JARS)(folder)

    # When four want the jars at once
    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(verified, cache, checksums, count_and_bring) for _ in range(4)]
        folders = [call.result() for call in calls]

    # Then all have them, after one download
    assert folders == [cache] * 4
    assert len(fetches) == 1
