"""Jars by Maven, as the small pom lists them."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from localkafka.errors import BrokerMissing
from localkafka.tail import tail


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
