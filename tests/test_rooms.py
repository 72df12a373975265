"""The rooms of every package: their order, and that no import runs back up."""

import re
from pathlib import Path

import pytest

import rooms

_ROOT = Path(__file__).parents[1]
_PACKAGES = rooms.packages(_ROOT)


@pytest.mark.parametrize("package", _PACKAGES, ids=lambda package: str(package.name))
def test_no_import_runs_back_up(package: Path) -> None:
    """The tree reads as the record's way: whoever opens a room needs only what lies below it."""
    # Given the rooms of a package, every one of which has a place
    assert rooms.unplaced(package) == []

    # When imports that run up are looked for, then there are none
    assert rooms.upward(package) == []


@pytest.mark.parametrize("package", _PACKAGES, ids=lambda package: str(package.name))
def test_every_room_says_what_it_is_for(package: Path) -> None:
    """The sentence stands in the picture of the house."""
    # Given every room, when its first line is looked for, then there is one
    folders = [package / room for room in rooms.ordered(package) if (package / room).is_dir()]
    assert [folder.name for folder in folders if not rooms.duty(folder)] == []


def test_an_import_that_runs_up_is_found(tmp_path: Path) -> None:
    """A rule that finds nothing would be no rule."""
    # Given a package of the library's name, in whose lowest room something asks for the highest
    package = tmp_path / "headway"
    for room, text in {
        "running": "",
        "base": "def f():\n    from headway.running import x\n",
    }.items():
        (package / room).mkdir(parents=True)
        (package / room / "module.py").write_text(text, encoding="utf-8")

    # When it is looked through
    found = rooms.upward(package)

    # Then the import is told with the module that does it
    assert found == ["base -> running: base/module.py"]


def test_no_arrow_leaves_the_picture() -> None:
    """However many lie beside each other."""
    # Given the picture of the house, when its arrows are followed, then all stay inside
    drawn = re.findall(r'<path class="line [^"]*" d="([^"]+)"', rooms.svg(_ROOT))
    across = [float(x) for path in drawn for x in re.findall(r"[ML](-?[\d.]+) ", path)]
    assert len(across) > 2 * len(_PACKAGES)
    assert min(across) > 0
