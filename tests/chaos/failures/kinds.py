"""Every kind of plan, and how many of a hundred jobs follow it."""

import random
from collections.abc import Callable, Iterator
from typing import Final

from chaos.failures.plan import (
    RETRY,
    Answer,
    End,
    Order,
    Plan,
    When,
    cancel,
    retry,
)
from headway.declared.pipeline import Pipeline

#: Later tries of an error that may pass, and of one that costs a process or all the time there is.
TRIES: Final = 4
COSTLY_TRIES: Final = 2
#: How often a job may be sent back.
REDRIVES: Final = 2
#: More failures than that of one attempt exhaust it: three calls a try, the first included.
_MOST_PASSING: Final = 3 * (TRIES + 1) - 1

_PIPELINE: Final = Pipeline.load()
_STAGES: Final = [stage.name for stage in _PIPELINE.stages]
_COMPLETED: Final = End(_PIPELINE.stages[-1].done.name, _STAGES[-1])
#: Of a job that nothing is wrong with.
WELL_ENDS: Final = (_COMPLETED,)
_CRASHES: Final = ("exit.137", "segv", "killself")
_HANGS: Final = ("sleep.3600", "sleep.3600", "spin")
_STUBBORN: Final = ("bury", "stubborn")

#: What differs from job to job of a kind: title behind `plan:`, ends, orders.
_Made = tuple[str, tuple[End, ...], tuple[Order, ...]]
_Maker = Callable[[random.Random], _Made]


def _failed(stage: str, error: str, tries: int = 0) -> End:
    return End(_PIPELINE.failed, stage, error, tries)


def _exhausted(stage: str) -> End:
    return _failed(stage, "TransientError", TRIES)


def _gone(stage: str) -> End:
    return _failed(stage, "PermanentError")


def _well(_: random.Random) -> _Made:
    return "", (_COMPLETED,), ()


def _slow(chance: random.Random) -> _Made:
    return f"{chance.choice(_STAGES)}=sleep.{chance.uniform(0.1, 0.8):.2f}", (_COMPLETED,), ()


def _passing(chance: random.Random) -> _Made:
    failures = [f"{stage}=transient*{chance.randint(1, _MOST_PASSING)}" for stage in _STAGES]
    return ";".join(failures[: chance.randint(1, 2)]), (_COMPLETED,), ()


def _lasting(chance: random.Random) -> _Made:
    stage = chance.choice(_STAGES)
    return f"{stage}=transient", (_exhausted(stage),), ()


def _permanent(chance: random.Random) -> _Made:
    stage = chance.choice(_STAGES)
    return f"{stage}=permanent", (_gone(stage),), ()


def _once(verbs: tuple[str, ...]) -> _Maker:
    """The first call of an attempt does so, the others do well."""

    def made(chance: random.Random) -> _Made:
        return f"{chance.choice(_STAGES)}={chance.choice(verbs)}*1", (_COMPLETED,), ()

    return made


def _always(verbs: tuple[str, ...], error: str) -> _Maker:
    """Every call of an attempt does so."""

    def made(chance: random.Random) -> _Made:
        stage = chance.choice(_STAGES)
        end = _failed(stage, error, COSTLY_TRIES)
        return f"{stage}={chance.choice(verbs)}", (end,), ()

    return made


def _redriven(chance: random.Random) -> _Made:
    """Mended, then sent back: sometimes by two who press the same button, or one twice."""
    stage = chance.choice(_STAGES)
    orders = [retry(1, stage, copies=chance.randint(1, 2))]
    if chance.random() < 0.5:
        orders.append(retry(1, stage, Answer.EITHER))
    return f"{stage}=permanent,transient*2", (_gone(stage), _COMPLETED), tuple(orders)


def _redriven_on(chance: random.Random) -> _Made:
    """Fails in the first stage, and when that is mended in the second, which only then is."""
    first, second = _STAGES[:2]
    crash = chance.choice(("permanent", "transient"))
    end = _gone(second) if crash == "permanent" else _exhausted(second)
    orders = (
        retry(1, first),
        retry(2, second),
        # Of an attempt long gone.
        Order(RETRY, When.FAILED, 2, 1, first, Answer.EITHER),
    )
    title = f"{first}=permanent,ok;{second}=ok,{crash},ok"
    return title, (_gone(first), end, _COMPLETED), orders


def _in_vain(chance: random.Random) -> _Made:
    """Sent back until that is refused."""
    stage = chance.choice(_STAGES)
    orders = [retry(attempt + 1, stage) for attempt in range(REDRIVES)]
    orders.append(retry(REDRIVES + 1, stage, Answer.REFUSED))
    return f"{stage}=permanent", (_gone(stage),) * (REDRIVES + 1), tuple(orders)


def _refused(chance: random.Random) -> _Made:
    """Sent back where there is nothing to send: it has not failed, or not there."""
    first, second = _STAGES[:2]
    if chance.random() < 0.5:
        early = Order(RETRY, When.SUBMITTED, 1, 1, chance.choice(_STAGES), Answer.REFUSED)
        late = Order(RETRY, When.COMPLETED, 1, 1, second, Answer.REFUSED)
        return "", (_COMPLETED,), (early, late)
    return f"{second}=permanent", (_gone(second),), (retry(1, first, Answer.REFUSED),)


def _cancelled_before(chance: random.Random) -> _Made:
    title, ends, _ = chance.choice((_well, _slow, _lasting))(chance)
    return title, ends, (Order("cancel", When.BEFORE, 0, 1),)


def _cancelled_running(chance: random.Random) -> _Made:
    title, ends, _ = chance.choice((_slow, _always(_HANGS, "TimedOut")))(chance)
    after = Order(RETRY, When.CANCELLED, 1, 1, chance.choice(_STAGES), Answer.REFUSED)
    return title, ends, (cancel(When.RUNNING), after)


def _cancelled_waiting(chance: random.Random) -> _Made:
    title, ends, _ = _lasting(chance)
    return title, ends, (cancel(When.WAITING),)


def _cancelled_again(chance: random.Random) -> _Made:
    """Sent back and then cancelled, where it waits or where it runs."""
    stage = chance.choice(_STAGES)
    when = chance.choice((When.WAITING, When.RUNNING))
    end = _failed(stage, "TimedOut", COSTLY_TRIES)
    orders = (retry(1, stage), cancel(when, attempt=2))
    return f"{stage}=permanent,sleep.3600", (_gone(stage), end), orders


def _cancelled_late(chance: random.Random) -> _Made:
    if chance.random() < 0.5:
        return "", (_COMPLETED,), (Order("cancel", When.COMPLETED, 1, 1),)
    title, ends, _ = _permanent(chance)
    return title, ends, (Order("cancel", When.FAILED, 1, 1),)


#: Name, jobs in a hundred, maker.
_KINDS: Final[tuple[tuple[str, float, _Maker], ...]] = (
    ("well", 24, _well),
    ("well, submitted twice", 3, _well),
    ("slow", 6, _slow),
    ("passing", 14, _passing),
    ("lasting", 4, _lasting),
    ("permanent", 8, _permanent),
    ("hangs once", 2, _once(_HANGS)),
    ("hangs", 1, _always(_HANGS, "TimedOut")),
    ("refuses to die once", 1, _once(_STUBBORN)),
    ("refuses to die", 1, _always(_STUBBORN, "TimedOut")),
    ("crashes once", 3, _once(_CRASHES)),
    ("crashes", 2, _always(_CRASHES, "WorkerCrashed")),
    ("redriven", 8, _redriven),
    ("redriven on", 4, _redriven_on),
    ("redriven in vain", 3, _in_vain),
    ("redrive refused", 3, _refused),
    ("cancelled before", 3, _cancelled_before),
    ("cancelled running", 3, _cancelled_running),
    ("cancelled waiting", 3, _cancelled_waiting),
    ("cancelled again", 2, _cancelled_again),
    ("cancelled late", 2, _cancelled_late),
)
KINDS: Final = tuple(name for name, _, _ in _KINDS)


def plans(jobs: int, seed: int) -> list[Plan]:
    """Of so many jobs, each kind at least once where there are enough; the same for a seed."""
    chance = random.Random(seed)
    kinds = list(_KINDS) + chance.choices(
        _KINDS, [share for _, share, _ in _KINDS], k=max(jobs - len(_KINDS), 0)
    )
    chance.shuffle(kinds)
    return list(_plans(kinds, chance))


def cancelled(place: str, number: int, seed: int) -> Plan:
    """A job more that is to be met by a cancel *before*, *running* or *waiting*."""
    kind = f"cancelled {place}"
    made = [entry for entry in _KINDS if entry[0] == kind]
    (plan,) = _plans(made, random.Random(seed + number), first=number)
    return plan


def _plans(
    kinds: list[tuple[str, float, _Maker]], chance: random.Random, first: int = 0
) -> Iterator[Plan]:
    for number, (kind, _, make) in enumerate(kinds, first):
        script, ends, orders = make(chance)
        job_id = f"{number:05}-{kind.replace(' ', '-').replace(',', '')}"
        yield Plan(kind, job_id, f"plan:{script}", ends, orders, twice="twice" in kind)
