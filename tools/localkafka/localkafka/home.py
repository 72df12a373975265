"""The folder a local broker lives in.

server.properties   written anew at every start; keeps the ports for the next
kafka/              Kafka's own data
broker.log          everything the process says, run after run
lock                held as long as the process lives
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from localkafka.broker import BrokerFailed, tail
from localkafka.jvm import Jvm
from localkafka.ports import Ports
from localkafka.properties import render_properties


@dataclass(frozen=True, slots=True)
class Home:
    path: Path

    @property
    def properties_file(self) -> Path:
        return self.path / "server.properties"

    @property
    def log_file(self) -> Path:
        return self.path / "broker.log"

    @property
    def lock_file(self) -> Path:
        return self.path / "lock"

    def said(self, since_bytes: int = 0) -> str:
        """What broker.log holds from *since_bytes* on."""
        log = self.log_file.read_bytes() if self.log_file.exists() else b""
        return log[since_bytes:].decode(errors="replace")

    def kept_ports(self) -> Ports | None:
        """The ports of the last start, if there was one."""
        if not self.properties_file.exists():
            return None
        text = self.properties_file.read_text(encoding="ascii")
        found = re.search(r"^listeners=\w+://[^:]+:(\d+),\w+://[^:]+:(\d+)$", text, re.MULTILINE)
        return Ports(int(found[1]), int(found[2])) if found else None

    def write_properties(self, properties: Mapping[str, str]) -> None:
        self.properties_file.write_text(render_properties(properties), encoding="ascii")

    def format(self, jvm: Jvm, cluster_id: str) -> None:
        """Make the folder a new cluster's, unless it is one's already. Blocks for about 1.5 s.

        Raises:
            BrokerFailed: Kafka refused.
        """
        if (self.path / "kafka" / "meta.properties").exists():
            return
        tool = ("kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}")
        done = subprocess.run(
            jvm.command(*tool, "-c", str(self.properties_file)),
            cwd=self.path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise BrokerFailed(
                f"{self.path} could not be formatted:{tail(done.stdout + done.stderr)}"
            )


@contextmanager
def home_at(path: Path | None) -> Iterator[Home]:
    """The home at *path*; without one a folder that is thrown away, unless its log is needed."""
    if path is not None:
        yield Home(path.absolute())
        return
    folder = Path(tempfile.mkdtemp(prefix="headway-broker-"))
    try:
        yield Home(folder)
    except BrokerFailed:
        raise  # its message names the log in this folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    else:
        shutil.rmtree(folder, ignore_errors=True)
