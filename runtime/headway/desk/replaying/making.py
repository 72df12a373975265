"""The handler of a stage, made in this process out of the stage's own module."""

import importlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, get_type_hints

from headway.declared.handler import Handler
from headway.declared.settings import read
from headway.declared.stage import Stage, StageSettings
from headway.desk.subcommand import CannotRun
from headway.workers.processes import InProcesses
from headway.workers.serving import made


@contextmanager
def handler_of(stage: str, store_url: str) -> Iterator[Handler]:
    """What `<stage>.stage:make_stage` makes of the environment's settings and *store_url*.

    A handler for worker processes is made here instead, where a debugger reaches it.

    Raises:
        CannotRun: the stage is not installed here, or is no module of that form.
        SettingsError: the stage's settings do not fit.
    """
    declared = _declared(stage, store_url)
    handler = declared.handler
    if isinstance(handler, InProcesses):
        yield made(handler.plan)
        return
    open_: AbstractContextManager[Any] = nullcontext()
    if isinstance(handler, AbstractContextManager):
        open_ = handler
    with open_:
        yield handler


def _declared(stage: str, store_url: str) -> Stage:
    try:
        module = importlib.import_module(f"{stage}.stage")
    except ModuleNotFoundError as error:
        raise CannotRun(
            f"the stage {stage} is not installed here ({error}): run this where "
            f"`python -m {stage}` runs, with the version that is to be tried"
        ) from error
    make_stage = getattr(module, "make_stage", None)
    hints = get_type_hints(make_stage) if make_stage else {}
    classes = [hint for hint in hints.values() if _is_settings(hint)]
    if make_stage is None or not classes:
        raise CannotRun(f"{stage}.stage has no make_stage(settings) -> Stage")
    settings: StageSettings = read(classes[0])
    found: Stage = make_stage(replace(settings, object_store_url=store_url))
    return found


def _is_settings(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, StageSettings)
