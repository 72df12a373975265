"""What the tree holds: the services, in the order of the work's way, and what each is told.

Nothing lists them: a service is a folder under `services/` with a `pyproject.toml`, and a stage is
one that the pipeline names.
"""

import inspect
import sys
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


def others() -> list[str]:
    """The services that are no stages."""
    known = stages()
    return [name for name in services() if name not in known]


def module_of(service: str) -> str:
    """What Python runs of *service*: its package, which may have another name than its folder."""
    folder = ROOT / "services" / service
    if service in apart() and str(folder) not in sys.path:
        sys.path.append(str(folder))  # it is installed elsewhere
    (package,) = (path.parent.name for path in folder.glob("*/__init__.py"))
    return package


def settings_of(service: str) -> type[Settings]:
    """The class of what *service* is told: a stage declares it beside itself.

    Raises:
        LookupError: there is not exactly one.
    """
    base, package = StageSettings if service in stages() else Settings, module_of(service)
    found = [
        each
        for module in (f"{package}.stage", f"{package}.settings")
        if find_spec(module)
        for _, each in inspect.getmembers(import_module(module), inspect.isclass)
        if issubclass(each, base) and each.__module__ == module
    ]
    if len(found) != 1:
        raise LookupError(f"{service}: {len(found)} classes of settings in stage.py or settings.py")
    return found[0]
