"""The usual way of a stage with tasks that it is handed together."""

from collections.abc import Sequence
from functools import reduce

from headway.base.clock import Clock
from headway.batching import tracing
from headway.batching.asking import Asking
from headway.batching.breaking import Breaking
from headway.batching.call import ManyWrapper, Work
from headway.batching.execution import Together
from headway.batching.halving import halved
from headway.batching.limiting import limited
from headway.batching.repeating import Repeating
from headway.declared.handler import ManyHandler
from headway.declared.pipeline import StageDeclaration
from headway.declared.stage import Stage
from headway.handling.usual import Handling


def together(
    handle_many: ManyHandler,
    stage: Stage,
    declaration: StageDeclaration,
    handling: Handling,
    *,
    clock: Clock,
    traced: bool = False,
) -> Work:
    """What a thread does with many tasks: what lies around one lies around their call, too."""
    ownership = handling.ownership

    def blamed(error: BaseException) -> bool:
        return any(dependency.blamed_by(error) for dependency in stage.dependencies)

    around: Sequence[ManyWrapper] = (
        *((tracing.process,) if traced else ()),
        Repeating(handling.repeats, ownership),
        *(Breaking(breaker, ownership) for breaker in handling.breakers),
    )
    asking = Asking(handle_many, declaration, clock=clock)
    call = halved(asking, ownership, blamed)
    call = reduce(lambda inner, wrapper: wrapper(inner), reversed(around), call)
    return limited(Together(handling.execution, call).run, handling.limiting)
