"""What the tree holds: the services, in the order of the work's way, and what each is told.

Nothing lists them: a service is a folder under `services/` with a `pyproject.toml`, and a stage is
one that the pipeline names.
"""

import inspect
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from headway.declared.pipeline import Pipeline
from headway.declared.settings import Settings
from headway.declared.stage import StageSettings

ROOT: Final = Path(__file__).parents[1]


def services(root: Path = ROOT) -> list[str]:
    """Every service by name that runs on the packages of all services."""
    return sorted(set(_folders(root)) - set(apart(root)))


def apart(root: Path = ROOT) -> list[str]:
    """Those that run on packages of their own, in an image of their own: they have a lock."""
    return [name for name in _folders(root) if (root / f"requirements-{name}.lock").exists()]


def _folders(root: Path) -> list[str]:
    return sorted(path.parent.name for path in root.glob("services/*/pyproject.toml"))


def stages() -> list[str]:
    """The services that are stages, in the order of the pipeline."""
    return [stage.name for stage in Pipeline.load().stages]


def settings_of(service: str) -> type[Settings]:
    """The class of what *service* is told: a stage declares it beside itself.

    Raises:
        LookupError: there is not exactly one.
    """
    base = StageSettings if service in stages() else Settings
    found = [
        each
        for module in (f"{service}.stage", f"{service}.settings")
        if find_spec(module)
        for _, each in inspect.getmembers(import_module(module), inspect.isclass)
        if issubclass(each, base) and each.__module__ == module
    ]
    if len(found) != 1:
        raise LookupError(f"{service}: {len(found)} classes of settings in stage.py or settings.py")
    return found[0]
