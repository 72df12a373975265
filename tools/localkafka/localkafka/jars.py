"""Kafka's jars: fetched once by Maven, kept in the user's cache, never used unverified."""

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from localkafka.broker import BrokerFailed, BrokerMissing, tail
from localkafka.docker import KAFKA_VERSION, deployment_file


def download(pom: Path, folder: Path, environ: Mapping[str, str]) -> None:
    """Copy every jar *pom* depends on into *folder*. Blocks; about 7 s with an empty cache.

    Raises:
        BrokerMissing: there is no Maven, or it could not fetch them.
    """
    maven = shutil.which("mvn", path=environ.get("PATH"))
    if maven is None:
        raise BrokerMissing(
            "Maven is needed once, to fetch Kafka's jars, and `mvn` is not on the PATH: install "
            "it (Debian: apt-get install maven; macOS: brew install maven), start Docker, or set "
            "KAFKA_BOOTSTRAP_SERVERS",
        )
    command = [maven, "-B", "-q", "-f", str(pom), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, f"-DoutputDirectory={folder}", "-DincludeScope=runtime"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise BrokerMissing(
            f"Maven could not fetch Kafka's jars (is there a network?):{tail(done.stdout)}",
        )


_POLL_SECONDS: Final = 0.05


@contextmanager
def locked(path: Path, *, timeout_seconds: float) -> Iterator[int]:
    """Hold the file's lock; yields its descriptor. Blocks.

    A child that inherits the descriptor shares the lock and may outlive its holder with it.

    Raises:
        BrokerFailed: another holds it all the time, or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise BrokerFailed(f"{path} cannot be written: {error.strerror}") from error
    with file:
        _acquire(file.fileno(), path, time.monotonic() + timeout_seconds)
        yield file.fileno()


def _acquire(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise BrokerFailed(f"another process holds {path}: let it end first") from error
            time.sleep(_POLL_SECONDS)
        else:
            return


#: Another process may be fetching over a slow line; this long it is waited for.
_FETCH_TIMEOUT_SECONDS: Final = 600.0


def kafka_jars(environ: Mapping[str, str], tell: Callable[[str], None]) -> Path:
    """The folder of the verified jars, fetched by Maven if they are not there yet. Blocks.

    Raises:
        BrokerMissing: they have to be fetched and cannot be.
        BrokerFailed: what was fetched is not what `deploy/broker/jars.sha256` lists.
    """
    pom = deployment_file("broker/pom.xml")
    checksums = deployment_file("broker/jars.sha256")

    def fetch(folder: Path) -> None:
        tell(f"fetching Kafka {KAFKA_VERSION} ...")
        download(pom, folder, environ)

    return verified(_cache(environ), checksums, fetch)


def verified(folder: Path, checksums: Path, fetch: Callable[[Path], None]) -> Path:
    """*folder* with exactly the files listed in *checksums*; else it is fetched anew, whole.

    Several processes may call it at once. A damaged folder is replaced; one that was fetched
    and does not verify is discarded.

    Raises:
        BrokerFailed: what was fetched does not verify.
    """
    lock = folder.with_name(f"{folder.name}.lock")
    with locked(lock, timeout_seconds=_FETCH_TIMEOUT_SECONDS):
        if not folder.is_dir() or any(faults(folder, checksums)):
            _replace(folder, checksums, fetch)
    return folder


def faults(folder: Path, checksums: Path) -> Iterator[str]:
    """What of *folder* is not as listed in *checksums* (lines as `sha256sum` writes them)."""
    lines = checksums.read_text(encoding="ascii").splitlines()
    listed = {name: digest for digest, name in map(str.split, lines)}
    present = {path.name for path in folder.iterdir()}
    yield from (f"{name} is missing" for name in sorted(listed.keys() - present))
    yield from (f"{name} is not listed" for name in sorted(present - listed.keys()))
    for name in sorted(listed.keys() & present):
        with (folder / name).open("rb") as jar:
            digest = hashlib.file_digest(jar, "sha256").hexdigest()
        if digest != listed[name]:
            yield f"{name} has SHA-256 {digest}, listed {listed[name]}"


def _replace(folder: Path, checksums: Path, fetch: Callable[[Path], None]) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-") as scratch:
        fetched = Path(scratch, "jars")
        fetched.mkdir()
        fetch(fetched)
        if found := list(faults(fetched, checksums)):
            raise BrokerFailed(
                f"the jars fetched are not those of {checksums} and were discarded; look for who "
                "changed them before you change the list:\n  " + "\n  ".join(found),
            )
        if folder.exists():
            shutil.rmtree(folder)
        fetched.rename(folder)


def _cache(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CACHE_HOME")
    root = Path(base) if base else Path.home() / ".cache"
    return root / "headway" / f"kafka-{KAFKA_VERSION}"
