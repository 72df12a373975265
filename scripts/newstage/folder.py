"""The folder of a new stage and its tests, from the templates beside this."""

from pathlib import Path
from string import Template
from typing import Final

from newstage.plan import Plan

_TEMPLATES: Final = Path(__file__).with_name("templates")
#: Templates are no code and no pages yet: nothing takes them for such.
_SUFFIX: Final = ".in"


def texts(plan: Plan) -> dict[str, str]:
    """Every file by its place: `NAME` in the path of a template is the stage's name."""
    words = {
        "name": plan.name,
        "Name": plan.name.capitalize(),
        "before": plan.before.name,
        "source": plan.source,
        "sink": plan.sink,
        "record": plan.record,
        "dead_letters": plan.dead_letters,
        "running": f"`{plan.running.name}` {plan.running.progress}",
        "done": f"`{plan.done.name}` {plan.done.progress}",
        "port": plan.port,
    }
    return {
        _place(path, plan.name): Template(path.read_text(encoding="utf-8")).substitute(words)
        for path in sorted(_TEMPLATES.rglob(f"*{_SUFFIX}"))
    }


def _place(template: Path, name: str) -> str:
    place = template.relative_to(_TEMPLATES).as_posix().removesuffix(_SUFFIX)
    return place.replace("NAME", name)
