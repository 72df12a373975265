"""The addresses of the services: those of the documentation where they are free."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from headway.declared.pipeline import Pipeline
from localkafka.ports import free_ports

#: Faust does not fit into the environment of the others (docs/adr/0058-*.md).
PYTHON_OF_STATISTICS: Final = Path(__file__).parents[1] / ".venv-statistics/bin/python"
HOST: Final = "127.0.0.1"
_FIRST_STAGE: Final = 9101
_SCHEDULER: Final = 8087
_STATISTICS: Final = 8085


def usual(pipeline: Pipeline) -> dict[str, int]:
    """The port of every service, in the order of the work's way through them."""
    stages = {stage.name: port for port, stage in enumerate(pipeline.stages, _FIRST_STAGE)}
    beside = {"statistics": _STATISTICS} if PYTHON_OF_STATISTICS.exists() else {}
    return {"gateway": 8080} | stages | {"scheduler": _SCHEDULER, "status": 8081} | beside


def choose(wanted: Mapping[str, int]) -> dict[str, int]:
    """A free port for each: the one *wanted*, or any if that one is taken or 0."""
    return dict(zip(wanted, free_ports(wanted.values()), strict=True))
