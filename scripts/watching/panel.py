"""What a dashboard is made of, as its author says it: rows of panels, panels of queries."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: What a query writes in braces for the labels that the variables choose.
_CHOSEN: Final = 'namespace=~"$namespace",release=~"$release"'
_LABELS: Final = {"ALL": _CHOSEN, "STAGE": f'{_CHOSEN},stage=~"$stage"'}
_BEGIN: Final = "{"


class Kind(StrEnum):
    """How a panel draws; the values are Grafana's."""

    LINES = "timeseries"
    NUMBER = "stat"


class Unit(StrEnum):
    """What its values are; the values are Grafana's."""

    COUNT = "short"
    SECONDS = "s"
    PER_SECOND = "cps"


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, and what its lines are called: `{{label}}` is a label's value.

    `{ALL}` and `{STAGE}` stand for what the variables choose, without and with the stage; further
    labels follow: `{STAGE,outcome="done"}`. In what is rated `[RATE]` is the time it is taken over.
    """

    text: str
    legend: str

    @property
    def expr(self) -> str:
        """The whole query, with Grafana's variables in it."""
        expr = " ".join(self.text.split()).replace("[RATE]", "[$__rate_interval]")
        for word, labels in _LABELS.items():
            expr = expr.replace(_BEGIN + word, _BEGIN + labels)
        return expr


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: what it shows, and what is to be thought of it."""

    title: str
    about: str
    unit: Unit
    queries: tuple[Query, ...]
    kind: Kind = Kind.LINES
    #: Of 24.
    width: int = 8
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Panels about one thing, side by side and then below."""

    title: str
    panels: tuple[Panel, ...]


def quantiles(metric: str, labels: str, *, by: str = "") -> tuple[Query, ...]:
    """The median and the two usual tails of a histogram, in all or of each *by*."""
    grouped = f"le, {by}" if by else "le"
    legend = f" {{{{{by}}}}}" if by else ""
    return tuple(
        Query(
            f"histogram_quantile({share}, sum by ({grouped}) "
            f"(rate({metric}_bucket{_BEGIN}{labels}}}[RATE])))",
            f"p{share * 100:.0f}{legend}",
        )
        for share in (0.5, 0.95, 0.99)
    )


def or_none(text: str, label: str) -> str:
    """*text*, or a zero called "none" where it has no line: what is well has no sample."""
    return f'{text} or label_replace(vector(0), "{label}", "none", "", "")'


def of_status(metric: str) -> str:
    """What status says of each stage. All replicas of a release say the same: it counts once."""
    return f"sum by (stage) (max by (namespace, release, stage) ({metric}{_BEGIN}STAGE}}))"
