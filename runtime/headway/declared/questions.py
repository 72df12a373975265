"""The four questions that every pipeline answers, as `pipeline.yaml` names the answers."""

from dataclasses import dataclass
from typing import Any, Final

#: Jobs are worked on in no order.
NONE: Final = "none"
#: Jobs of one order key are worked on one after another, through their later tries.
KEY: Final = "key"

_ANSWERS: Final[dict[str, tuple[str, ...]]] = {
    "depends": ("previous",),
    "ordering": (NONE, KEY),
    "parallel": ("by key",),
    "on_failure": ("retry, then dead letter",),
}


@dataclass(frozen=True, slots=True)
class Questions:
    """What `docs/howto/four-questions.md` tells of; where there is one answer, it is that one.

    `depends`: what a stage waits for; the one before it, of the same job. `ordering`: whether
    order matters. `parallel`: what may run side by side; jobs of different keys. `on_failure`:
    what becomes of a job that fails.
    """

    depends: str = "previous"
    ordering: str = NONE
    parallel: str = "by key"
    on_failure: str = "retry, then dead letter"

    @staticmethod
    def of(declared: dict[str, Any]) -> "Questions":
        """The answers in a pipeline's declaration.

        Raises:
            ValueError: there is no such answer; those there are.
        """
        return Questions(**{n: _answer(n, declared[n]) for n in _ANSWERS if n in declared})

    def changed(self, ordering: str) -> str:
        """The ordering, by a deployment's own word for it (empty: as declared).

        Raises:
            ValueError: there is no such ordering.
        """
        return _answer("ordering", ordering) if ordering else self.ordering


def _answer(name: str, said: str) -> str:
    if said not in _ANSWERS[name]:
        known = " or ".join(repr(answer) for answer in _ANSWERS[name])
        raise ValueError(f"{name}: {said!r} is no answer; there is {known}")
    return said
