"""P1 parses, validates and profiles the user's file: jobs.submitted in, jobs.p1-done out."""

from dataclasses import dataclass
from typing import Final

from headway import Dependency, Stage, StageSettings, StoreUnavailable, in_processes, setting

#: As many failures as there are calls in place: it opens before a job is put off to a later try.
_OBJECT_STORE: Final = Dependency("object store", opened_by=(StoreUnavailable,), failures=3)


@dataclass(frozen=True, kw_only=True)
class P1Settings(StageSettings):
    """What only P1 needs to be told."""

    http_port: int = setting("Port of health and metrics.", default=9101, minimum=0, maximum=65535)
    max_upload_bytes: int = setting("Largest file taken.", default=100_000_000, minimum=1)
    concurrency: int = setting(
        "Files worked on at once; each may take 700 MB of memory.", default=2, minimum=1
    )


def make_stage(settings: P1Settings) -> Stage:
    handler = in_processes("p1.handler:of_settings", settings, stage="p1")
    return Stage("p1", handler, dependencies=(_OBJECT_STORE,))
