"""All that is generated in the chart: parts of its values, their schema and table, its topics."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import tree
from chart import schema, settings, stages, table, topics, values
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline

_FOLDER: Final = Path("deploy/helm/headway")
_TABLE: Final = re.compile(r"(?<=<!-- generated: values -->\n).*?(?=<!-- end -->)", re.DOTALL)


def files(root: Path, catalog: Catalog, pipeline: Pipeline) -> Iterator[tuple[Path, str]]:
    """Each file below *root*, and what is to stand in it."""
    folder, others = root / _FOLDER, [*tree.others(), *tree.apart()]
    parts: dict[str, Callable[[], str]] = {
        "settings of every service": settings.of_every_service,
        "settings of every stage": settings.of_every_stage,
        **{f"settings of {name}": partial(settings.of, name) for name in others},
        "stages": partial(stages.values, pipeline),
    }
    written = (folder / "values.yaml").read_text(encoding="utf-8")
    text = values.filled(written, {name: part() for name, part in parts.items()})
    read = values.read(text)
    yield folder / "values.yaml", text
    yield folder / "values.schema.json", schema.of(read)
    yield folder / "files/topics.yaml", topics.declared(catalog)
    page = (folder / "README.md").read_text(encoding="utf-8")
    yield folder / "README.md", _TABLE.sub(lambda _: table.of(read), page)
