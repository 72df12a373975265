"""P2 renders the report of a profile: jobs.p1-done in, jobs.p2-done out."""

from dataclasses import dataclass
from typing import Final

from headway import Dependency, Stage, StageSettings, StoreUnavailable, in_processes, setting

#: As many failures as there are calls in place: it opens before a job is put off to a later try.
_OBJECT_STORE: Final = Dependency("object store", opened_by=(StoreUnavailable,), failures=3)


@dataclass(frozen=True, kw_only=True)
class P2Settings(StageSettings):
    """What only P2 needs to be told."""

    http_port: int = setting("Port of health and metrics.", default=9102, minimum=0, maximum=65535)


def make_stage(settings: P2Settings) -> Stage:
    handler = in_processes("p2.handler:of_settings", settings, stage="p2")
    return Stage("p2", handler, dependencies=(_OBJECT_STORE,))
