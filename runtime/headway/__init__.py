"""Exactly-once job stages on Kafka, watched live: what the author of a stage writes against.

Each name is imported when it is first asked for: `from headway.serving import signals` is the first
line of every service, and must import nothing that starts threads.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headway.base.errors import (
        Abandoned,
        ObjectNotFound,
        PermanentError,
        SettingsError,
        StoreUnavailable,
        TransientError,
    )
    from headway.declared.dependency import Dependency
    from headway.declared.handler import (
        Call,
        Context,
        Done,
        Handler,
        Job,
        ManyHandler,
        ResultFile,
    )
    from headway.declared.retry import RetryPolicy
    from headway.declared.settings import setting
    from headway.declared.stage import Batch, Stage, StageSettings
    from headway.edges.objectstore import ObjectStore
    from headway.running.lifecycle import run
    from headway.workers.processes import in_processes
else:  # hidden from type checkers, to which it would promise any name

    def __getattr__(name: str) -> object:
        from importlib import import_module  # noqa: PLC0415 - only when a name is asked for

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return found


__all__ = [
    "Abandoned",
    "Batch",
    "Call",
    "Context",
    "Dependency",
    "Done",
    "Handler",
    "Job",
    "ManyHandler",
    "ObjectNotFound",
    "ObjectStore",
    "PermanentError",
    "ResultFile",
    "RetryPolicy",
    "SettingsError",
    "Stage",
    "StageSettings",
    "StoreUnavailable",
    "TransientError",
    "in_processes",
    "run",
    "setting",
]

_HOMES = {
    "Abandoned": "headway.base.errors",
    "Batch": "headway.declared.stage",
    "Call": "headway.declared.handler",
    "Context": "headway.declared.handler",
    "Dependency": "headway.declared.dependency",
    "Done": "headway.declared.handler",
    "Handler": "headway.declared.handler",
    "Job": "headway.declared.handler",
    "ManyHandler": "headway.declared.handler",
    "ObjectNotFound": "headway.base.errors",
    "ObjectStore": "headway.edges.objectstore",
    "PermanentError": "headway.base.errors",
    "ResultFile": "headway.declared.handler",
    "RetryPolicy": "headway.declared.retry",
    "SettingsError": "headway.base.errors",
    "Stage": "headway.declared.stage",
    "StageSettings": "headway.declared.stage",
    "StoreUnavailable": "headway.base.errors",
    "TransientError": "headway.base.errors",
    "in_processes": "headway.workers.processes",
    "run": "headway.running.lifecycle",
    "setting": "headway.declared.settings",
}
