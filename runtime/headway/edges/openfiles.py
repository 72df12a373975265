"""How many files a process may open: asked for as many as it can have, before it needs them."""

import resource
from typing import Final

#: More is never used; some tools go through every possible descriptor, so not without bound.
_MOST_FILES: Final = 65_536


def raise_file_limit() -> int:
    """How many files this process may open, after asking for as many as it can have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
