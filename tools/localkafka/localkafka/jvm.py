"""What Kafka needs of this machine: a Java that is new enough, and Kafka's jars.

The jars are fetched once by Maven, kept in the user's cache and never used unverified.
"""

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localkafka.broker import BrokerFailed, BrokerMissing, tail
from localkafka.process import locked
from localkafka.properties import JVM_COLLECTOR, KAFKA_VERSION, deployment_file

#: Kafka 4's servers are compiled for it.
OLDEST_JAVA: Final = 17

_LOGGING: Final = Path(__file__).with_name("log4j2.properties")
_ADVICE: Final = (
    f"install Java {OLDEST_JAVA} or newer (Debian: apt-get install openjdk-17-jre-headless; "
    "macOS: brew install openjdk), start Docker, or set KAFKA_BOOTSTRAP_SERVERS"
)


@dataclass(frozen=True, slots=True)
class Jvm:
    java: str
    jars: Path

    def command(self, main_class: str, *arguments: str, options: tuple[str, ...] = ()) -> list[str]:
        return [
            self.java,
            *options,
            JVM_COLLECTOR,
            f"-Dlog4j2.configurationFile={_LOGGING}",
            "-cp",
            f"{self.jars}/*",
            main_class,
            *arguments,
        ]


def find_java(environ: Mapping[str, str]) -> str:
    """The program to run: that of JAVA_HOME if it is set, else the first on the PATH.

    Raises:
        BrokerMissing: there is none, or it is too old.
    """
    home = environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else _on_path(environ)
    found = _major_version(java)
    if found < OLDEST_JAVA:
        raise BrokerMissing(f"{java} is Java {found}, too old for Kafka: {_ADVICE}")
    return java


def _on_path(environ: Mapping[str, str]) -> str:
    java = shutil.which("java", path=environ.get("PATH"))
    if java is None:
        raise BrokerMissing(f"there is no `java` on the PATH to run Kafka with: {_ADVICE}")
    return java


def _major_version(java: str) -> int:
    try:
        done = subprocess.run(
            [java, "-version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BrokerMissing(f"{java} does not run ({error}): {_ADVICE}") from error
    version = re.search(r'version "(\d+)', done.stderr + done.stdout)
    if version is None:
        raise BrokerMissing(f"{java} does not tell its version: {_ADVICE}")
    return int(version.group(1))


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
