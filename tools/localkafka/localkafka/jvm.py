"""A Java that is new enough, and the commands it is given."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localkafka.errors import BrokerMissing
from localkafka.properties import JVM_COLLECTOR

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
