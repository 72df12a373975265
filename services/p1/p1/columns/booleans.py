"""Columns of two words such as yes and no."""

from collections import Counter
from typing import Final

from p1.document.profile import Booleans
from p1.reading.table import Values

_PAIRS: Final = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"))


def summarize(values: Values) -> Booleans | None:
    """How often each word stands; None when the words are not of one pair."""
    counts: Counter[str] = Counter()
    for chunk in values.chunks():
        for word, count in chunk.drop_nulls().str.to_lowercase().value_counts().iter_rows():
            counts[word] += count
    for true, false in _PAIRS:
        if counts.keys() <= {true, false}:
            return Booleans(true, counts[true], false, counts[false])
    return None
