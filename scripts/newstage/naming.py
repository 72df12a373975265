"""Which names a stage may have: it is a folder, a package, topics, a group and a file of tests."""

import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from newstage.plan import Refused

_NAME: Final = re.compile(r"[a-z][a-z0-9]{0,29}")
#: Where a module or folder of the name would be in the way of the tests, or they in its way.
_TOPS: Final = ("tests", "demo", "scripts", "tools")


def check(root: Path, name: str) -> None:
    """Return if a stage may be called *name*.

    Raises:
        Refused: it is no such name, or something is called so.
    """
    if not _NAME.fullmatch(name):
        raise Refused(f"{name!r} is no name: lower-case letters and digits, a letter first")
    if (root / "services" / name).exists():
        raise Refused(f"{name} is there already: services/{name}")
    for top in _TOPS:
        for path in (root / top / name, root / top / f"{name}.py"):
            if path.exists():
                raise Refused(f"{name} is taken: {path.relative_to(root).as_posix()}")
    if keyword.iskeyword(name) or name in sys.stdlib_module_names or find_spec(name):
        raise Refused(f"{name} is taken: Python or an installed package has a module of that name")
