"""What a stage with worker processes keeps out of itself."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(("stage", "native"), [("p1", "polars"), ("p2", "xlsxwriter")])
def test_a_stage_imports_nothing_of_what_its_handler_needs(stage: str, native: str) -> None:
    """Native code that is not there cannot crash, block or bloat the stage."""
    # Given all that the stage's process imports before it starts its workers
    script = (
        f"import sys, {stage}.stage, headway.running.lifecycle; print({native!r} in sys.modules)"
    )

    # When what the handler needs is looked for, then it is not there
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout == "False\n"


def test_signals_are_blocked_before_anything_heavy_is_imported() -> None:
    """Whatever starts threads when it is imported comes later."""
    # Given all that is imported before the signals are blocked
    script = (
        "import sys; before = set(sys.modules); from headway.serving import signals; "
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )

    # When it is looked at, then it is of the standard library, and ours
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert set(done.stdout.split()) - set(sys.stdlib_module_names) == {"headway"}
