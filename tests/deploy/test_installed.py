"""The services as the image has them: the services' lock alone, and packages that were built."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tree

_ROOT = Path(__file__).parents[2]
_UV = Path(sys.executable).with_name("uv")
_SERVICES = tree.services()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment made the way the image is."""
    folder = tmp_path_factory.mktemp("installed")
    python, wheels = folder / "venv/bin/python", folder / "wheels"
    lock = _ROOT / "requirements-services.lock"
    packages = [_ROOT / "runtime", *(_ROOT / "services" / name for name in _SERVICES)]
    _uv("venv", "--python", sys.executable, str(folder / "venv"))
    _uv("pip", "install", "--python", str(python), "--require-hashes", "-r", str(lock))
    for package in packages:
        _uv("build", "--wheel", "--no-build-isolation", "--out-dir", str(wheels), str(package))
    _uv("pip", "install", "--python", str(python), "--no-deps", *map(str, wheels.glob("*.whl")))
    return python


def _uv(*arguments: str) -> None:
    environment = {"VIRTUAL_ENV": str(Path(sys.executable).parents[1])}
    command = [str(_UV), "--quiet", *arguments]
    ended = subprocess.run(
        command, env=_environment() | environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def _environment() -> dict[str, str]:
    """Ours, less what would let the installed code find the repository."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@pytest.mark.parametrize("service", _SERVICES)
def test_a_service_needs_nothing_but_its_lock(
    installed: Path, service: str, tmp_path: Path
) -> None:
    """Each service gets as far as naming the settings it lacks, with what its lock has."""
    # Given, when
    ended = subprocess.run(
        [installed, "-m", service],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    # Then
    assert ended.returncode == 2, ended.stderr
    assert "KAFKA_BOOTSTRAP_SERVERS" in ended.stderr


def test_what_is_declared_travels_with_the_package(installed: Path, tmp_path: Path) -> None:
    """An installed runtime knows the topics without a repository at hand."""
    # Given
    code = "from headway.declared.catalog import Catalog; print(*Catalog.load().topics)"

    # When
    ended = subprocess.run(
        [installed, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    # Then
    assert "jobs.submitted" in ended.stdout.split(), ended.stderr


def test_the_command_line_is_installed(installed: Path, tmp_path: Path) -> None:
    """`headway` is on the path of whoever is in the image."""
    # Given, when
    ended = subprocess.run(
        [installed.with_name("headway"), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    # Then
    assert "dead-letters" in ended.stdout, ended.stderr
