"""Where the declarations live: topics, records and the pipeline, outside any code."""

from pathlib import Path

_PACKAGED = Path(__file__).parents[1] / "_schemas"
_REPOSITORY = Path(__file__).parents[3] / "schemas"


def schemas_root() -> Path:
    """The folder of the declarations: inside an installed package, else the repository's."""
    return _PACKAGED if _PACKAGED.is_dir() else _REPOSITORY
