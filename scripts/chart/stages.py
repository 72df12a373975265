"""The stages of the pipeline as values of the chart.

What a stage's pods need beside what every stage's do stands in `services/<stage>/values.yaml`.
"""

import textwrap
from importlib import import_module
from typing import Final

import tree
from chart import settings
from headway.declared.pipeline import Pipeline

_OWN: Final = "services/{}/values.yaml"


def values(pipeline: Pipeline) -> str:
    """A value for each stage, in their order."""
    parts = [_of(stage.name, stage.source) for stage in pipeline.stages]
    return "stages:\n" + "".join(textwrap.indent(part, "  ") for part in parts)


def _of(name: str, source: str) -> str:
    words = (import_module(f"{name}.stage").__doc__ or "").partition("\n")[0]
    own = tree.ROOT / _OWN.format(name)
    body = [
        "# -- Topic it reads: by its lag it is scaled.\n",
        f"source: {source}\n",
        own.read_text(encoding="utf-8") if own.exists() else "",
        settings.of(name),
    ]
    head = "\n".join(settings.commented(words))
    return f"{head}\n{name}:\n" + textwrap.indent("".join(body), "  ")
