"""Where helm is missing."""

import shutil
import sys
from pathlib import Path

import pytest
from support.chart.render import helm


@pytest.fixture(autouse=True)
def _no_helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither beside this Python nor on the PATH."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(shutil, "which", lambda _name: None)


def test_without_helm_tests_of_the_chart_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that cannot have it."""
    # Given no CI, when helm is looked for, then the test is skipped, with how to get it
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"scripts/helm\.sh installs it"):
        helm.__wrapped__()


def test_without_helm_ci_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be tested there is not tested at all."""
    # Given CI, when helm is looked for, then the test fails
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="helm is missing"):
        helm.__wrapped__()
