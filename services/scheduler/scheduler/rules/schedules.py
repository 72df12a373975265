"""All rules of a deployment: those of schedules.yaml, and those that come with the pipeline."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from headway.base.errors import SettingsError
from headway.declared.declarations import schemas_root
from headway.declared.pipeline import Pipeline
from scheduler.declared.fields import Fields
from scheduler.rules import release, window
from scheduler.rules.around import Around, MakeRule
from scheduler.rules.kinds import KINDS
from scheduler.rules.rule import Named, Rule

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
#: A built-in rule's, and what begins the keys of all rules' own items.
_TAKEN: Final = frozenset({release.NAME, "rule"})


class Schedules:
    """Checked; makes the rules of each lane."""

    def __init__(self, makes: Sequence[MakeRule]) -> None:
        self._makes = makes

    def __len__(self) -> int:
        return len(self._makes)

    def rules(self, around: Around, lane: int) -> list[Rule]:
        """Those of one lane, in the order in which they are asked what they want of a job."""
        return [make(around, lane) for make in self._makes]


def load(path: str, pipeline: Pipeline) -> Schedules:
    """The rules in the file at *path*, or in the declared one, and those of the pipeline.

    Raises:
        SettingsError: every fault of the file at once: which rule, which field, what to do.
    """
    file = Path(path) if path else schemas_root() / "schedules.yaml"
    try:
        declared = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"SCHEDULES_FILE: {file} cannot be read: {error}") from error
    faults: list[str] = []
    makes = read(declared, pipeline, faults)
    if faults:
        raise SettingsError(f"{file} does not fit:\n  " + "\n  ".join(faults))
    return Schedules(makes)


def read(declared: Any, pipeline: Pipeline, faults: list[str]) -> list[MakeRule]:
    """What makes each rule of *declared*, the content of such a file; what is wrong in *faults*."""
    rows = declared.get("rules") if isinstance(declared, dict) else None
    if not isinstance(rows, list) or set(declared) != {"rules"}:
        faults.append("there has to be `rules:` with a list below it, and nothing else")
        rows = []
    makes, names = built_in(pipeline), set[str]()
    for number, row in enumerate(rows, 1):
        name = row.get("name") if isinstance(row, dict) else None
        place = f"rule {name}" if isinstance(name, str) else f"rule {number}"
        if not isinstance(row, dict):
            faults.append(f"{place}: {row!r} are no fields such as name, kind and at")
            continue
        makes += _rule(Fields(place, row, faults), pipeline, names)
    return makes


def built_in(pipeline: Pipeline) -> list[MakeRule]:
    """Those that nobody has to declare: submissions for later, and the windows of stages."""
    return [
        lambda _, __: release.Release(pipeline.scheduled),
        *(_opening(stage.name, stage.window) for stage in pipeline.stages if stage.window),
    ]


def _opening(stage: str, declared: window.Window) -> MakeRule:
    return lambda _, __: window.Opening(stage, declared)


def _rule(fields: Fields, pipeline: Pipeline, names: set[str]) -> list[MakeRule]:
    """One rule, or none if its kind is not known."""
    name = _name(fields, names)
    kind = fields.choice("kind", KINDS)
    named = Named(
        name=name,
        kind=kind,
        about=fields.text("about"),
        stage=fields.choice("stage", [stage.name for stage in pipeline.stages], ""),
        begins_paused=fields.flag("paused", default=False),
    )
    if kind not in KINDS:
        return []
    make = KINDS[kind](fields, named, pipeline)
    fields.end()
    return [make]


def _name(fields: Fields, names: set[str]) -> str:
    name = fields.text("name")
    if name and not _NAME.fullmatch(name):
        fields.fault("name", f"{name!r} is no name: a letter, then letters, digits and - in all 63")
    if name in names or name in _TAKEN or window.stage_of(name):
        fields.fault("name", "another rule has it; take one of its own")
    names.add(name)
    return name
