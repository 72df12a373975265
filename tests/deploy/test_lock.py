"""What the image installs is what the tests ran with."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PIN = re.compile(r"^(\S+==\S+)[^\\\n]*((?: \\\n +--hash=\S+)+)", re.MULTILINE)


def _pins(lock: str) -> dict[str, str]:
    return dict(_PIN.findall((_ROOT / lock).read_text(encoding="utf-8")))


def test_services_are_locked_to_the_versions_that_are_tested() -> None:
    """Each pin of the services' lock, and its hashes, is one of the lock that the tests install."""
    # Given
    tested = _pins("requirements.lock")

    # When
    shipped = _pins("requirements-services.lock")

    # Then
    assert shipped
    assert {pin: tested.get(pin) for pin in shipped} == shipped


@pytest.mark.parametrize("tool", ["pytest", "mypy", "playwright", "moto", "testcontainers"])
def test_services_are_not_shipped_with_what_checks_them(tool: str) -> None:
    """No package that only tests need is in the services' lock."""
    # Given, when
    names = {pin.partition("==")[0] for pin in _pins("requirements-services.lock")}

    # Then
    assert tool not in names
