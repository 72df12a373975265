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


def test_the_statistics_use_the_library_with_what_it_is_tested_with() -> None:
    """What the library and they need is of one version; what Faust alone needs may differ."""
    # Given what the services ship, and what the statistics do
    shipped, apart = _pins("requirements-services.lock"), _pins("requirements-statistics.lock")
    ours = {pin.partition("==")[0] for pin in shipped} & {pin.partition("==")[0] for pin in apart}

    # When pins of the same packages are compared, then Faust's own bound is the one difference
    differ = {pin for pin in apart if pin.partition("==")[0] in ours} - shipped.keys()
    assert ours >= {"confluent-kafka", "fastavro", "prometheus-client", "pyyaml"}
    assert {pin.partition("==")[0] for pin in differ} == {"click"}


@pytest.mark.parametrize("tool", ["pytest", "mypy", "playwright", "moto", "testcontainers"])
def test_services_are_not_shipped_with_what_checks_them(tool: str) -> None:
    """No package that only tests need is in the services' lock."""
    # Given, when
    names = {pin.partition("==")[0] for pin in _pins("requirements-services.lock")}

    # Then
    assert tool not in names
