from collections.abc import Callable
from pathlib import Path

import pytest

from localkafka import Purpose
from localkafka.docker import docker_answers

Install = Callable[[str, str], None]


@pytest.mark.parametrize(
    ("docker", "tests", "demo"),
    [
        pytest.param("exit 0", True, True, id="engine-and-compose"),
        pytest.param('[ "$1" = version ]', True, False, id="no-compose"),
        pytest.param("exit 1", False, False, id="no-engine"),
    ],
)
def test_docker_answers_when_its_engine_does(
    docker: str,
    tests: bool,  # noqa: FBT001 - a parameter of the table above
    demo: bool,  # noqa: FBT001 - likewise
    programs: Path,
    install: Install,
) -> None:
    """The engine must answer; the demo needs `docker compose` on top."""
    # given
    install("docker", docker)
    environ = {"PATH": str(programs)}

    # when, then
    assert docker_answers(Purpose.TESTS, environ) is tests
    assert docker_answers(Purpose.DEMO, environ) is demo


def test_without_a_docker_program_there_is_no_engine(programs: Path) -> None:
    """A machine without Docker is no error."""
    assert docker_answers(Purpose.TESTS, {"PATH": str(programs)}) is False


def test_an_engine_that_hangs_holds_nobody_up(programs: Path, install: Install) -> None:
    """A docker program that never returns counts as no engine."""
    # given
    install("docker", "exec /bin/sleep 100000")

    # when
    answers = docker_answers(Purpose.DEMO, {"PATH": str(programs)})

    # then it was not waited for
    assert answers is False
