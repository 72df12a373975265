"""A Java that is new enough, its commands, and its process, which ends with us."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localkafka import supervisor
from localkafka.broker import BrokerMissing
from localkafka.properties import JVM_COLLECTOR

#: Kafka closes its logs within a second when idle; within this it should under load.
GRACE_SECONDS: Final = 10.0
#: What the supervisor needs beyond it to notice, clean up and go.
_STOP_MARGIN_SECONDS: Final = 5.0


class SupervisedProcess:
    """A command under `supervisor.py`; it cannot outlive this process.

    It has a session of its own, so a Ctrl-C on the terminal does not reach it before those who
    use it are done. *held_descriptor* stays open until the supervisor ends. A process forked
    from this one without exec holds the pipe too, and with it the command.
    """

    def __init__(
        self,
        command: list[str],
        *,
        log_file: Path,
        working_dir: Path,
        scratch: Path | None,
        held_descriptor: int,
    ) -> None:
        script = [sys.executable, "-I", "-S", supervisor.__file__]
        with log_file.open("ab") as log:
            self._popen = subprocess.Popen(
                [*script, str(GRACE_SECONDS), str(scratch or "-"), *command],
                cwd=working_dir,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(held_descriptor,),
            )

    @property
    def exit_code(self) -> int | None:
        return self._popen.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send *number* to the command itself, past its supervisor.

        Raises:
            CalledProcessError: it has ended, or has not begun yet.
        """
        listed = ["pgrep", "-P", str(self._popen.pid)]
        (pid,) = subprocess.run(listed, capture_output=True, check=True).stdout.split()
        os.kill(int(pid), number)

    def wait(self) -> None:
        """Block until the command and its supervisor have ended by themselves."""
        self._popen.wait()
        self._popen.communicate()  # only now: the end of the pipe would tell it that we are gone

    def stop(self) -> None:
        """End it: SIGTERM, after a grace SIGKILL. Blocks until nothing of it is left."""
        if self._popen.poll() is not None:
            self._popen.communicate()
            return
        try:
            self._popen.communicate(b"stop", GRACE_SECONDS + _STOP_MARGIN_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.communicate()


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
