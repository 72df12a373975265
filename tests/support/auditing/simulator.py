"""A pipeline that does all as it should, without a broker: jobs side by side, left to chance.

What a job meets (crashes, failures, later tries, redrives, cancels, duplicates) is seeded.
"""

import random
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Final

from support.auditing.telling import Teller
from support.auditing.topics import PIPELINE, Rec, Topics
from support.auditing.writing import Inlet, World

from headway.declared.pipeline import StageDeclaration
from headway.wire.states import NOT_BEFORE, WINDOW

_MOST_TRIES: Final = 4
_MOST_REDRIVES: Final = 3
#: How a stage may end with a job; `left` is not yet.
_DONE, _FAILED, _CANCELLED, _LEFT = "done", "failed", "cancelled", "left"


@dataclass(frozen=True, slots=True)
class Chances:
    """How often a job meets what, each time that it may."""

    duplicate: float = 0.15
    crash: float = 0.15
    transient: float = 0.3
    permanent: float = 0.2
    cancel: float = 0.06
    redrive: float = 0.7
    leave: float = 0.04
    garbage: float = 0.1
    again: float = 0.1
    reprocess: float = 0.0
    forget: float = 0.0
    hold: float = 0.0


def simulate(seed: int, jobs: int = 40, chances: Chances | None = None) -> Topics:
    """The topics after *jobs* jobs that went through side by side."""
    chance, world = random.Random(seed), World(Topics())
    told = chances or Chances()
    stories = [Story(Teller(f"job-{n}", world), chance, told).run() for n in range(jobs)]
    while stories:
        world.now += chance.randint(1, 400)
        story = chance.choice(stories)
        try:
            next(story)
        except StopIteration:
            stories.remove(story)
    return world.topics


class Story:
    """One job; at each `yield` time passes, and others go on."""

    def __init__(self, teller: Teller, chance: random.Random, chances: Chances) -> None:
        self._teller = teller
        self._world = teller.world
        self._chance = chance
        self._chances = chances
        #: Who has it, and what each stage was given of it.
        self._ender = PIPELINE.stages[0]
        self._given: dict[str, Inlet] = {}

    def run(self) -> Generator[None, None, None]:
        """All that becomes of it, its duplicates included."""
        ended = yield from self._attempt(self._teller.submit())
        if ended != _LEFT and self._meets(self._chances.reprocess):
            ended = yield from self._reprocess()
        if ended == _LEFT:
            return
        if self._meets(self._chances.forget):
            command = self._command("forget")
            yield
            self._teller.forgotten()
            self._teller.answer(command, accepted=True)
            return
        if self._meets(self._chances.garbage):
            self._teller.garbage(self._chance.choice(PIPELINE.stages[:1]))
        if self._meets(self._chances.again):
            # Whoever submits the next attempt by hand opens the job anew.
            attempt = self._teller.envelope["attempt"] + 1
            yield from self._attempt(self._teller.submit(attempt))

    def _attempt(self, submitted: Rec) -> Generator[None, None, str]:
        self._teller.open(submitted)
        again = [] if not self._meets(self._chances.duplicate) else [self._again(submitted)]
        yield
        ended = yield from self._onwards(0, (PIPELINE.source, submitted))
        for record in again if ended != _LEFT else []:
            self._teller.drop(PIPELINE.source, record)
        return ended

    def _onwards(self, first: int, inlet: Inlet) -> Generator[None, None, str]:
        """From the stage of that number, which *inlet* is before."""
        ended = _LEFT
        for stage in PIPELINE.stages[first:]:
            self._ender = stage
            if inlet[0] == stage.source:
                self._given[stage.name] = inlet
            ended, inlet = yield from self._through(stage, inlet)
            if ended != _DONE:
                break
        return ended

    def _reprocess(self) -> Generator[None, None, str]:
        """From some stage that had it; asked twice, and once too late, by a retry."""
        commands = [self._command("reprocess"), self._command("reprocess")]
        commands.append(self._command("retry"))
        yield
        start = self._chance.randrange(self._ender.index)
        stage = PIPELINE.stages[start]
        inlet = self._teller.redriven(stage, self._given[stage.name], self._world.now)
        for command in commands:
            self._teller.answer(command, accepted=True)
        return (yield from self._onwards(start, inlet))

    def _command(self, kind: str) -> Rec:
        attempt = self._teller.envelope["attempt"]
        return self._teller.command(kind, attempt, self._ender.name)

    def _again(self, submitted: Rec) -> Rec:
        return self._teller.submit(submitted.told["attempt"])

    def _through(
        self, stage: StageDeclaration, inlet: Inlet
    ) -> Generator[None, None, tuple[str, Inlet]]:
        """One stage, and redrives in it."""
        redrives = 0
        self._teller.tries = self._teller.since = 0
        while True:
            ended, inlet = yield from self._tries(stage, inlet)
            if ended != _FAILED or not self._meets(self._chances.redrive):
                return ended, inlet
            if redrives == _MOST_REDRIVES:
                self._teller.answer(self._retry(stage), accepted=False)
                return ended, inlet
            redrives += 1
            inlet = yield from self._redrive(stage, inlet)

    def _tries(
        self, stage: StageDeclaration, inlet: Inlet
    ) -> Generator[None, None, tuple[str, Inlet]]:
        """The calls of one attempt in one stage."""
        teller, world, meets = self._teller, self._world, self._meets
        while True:
            yield
            if meets(self._chances.cancel):
                return (yield from self._cancel(stage, inlet))
            if meets(self._chances.leave):
                return _LEFT, inlet
            if self._chances.hold and meets(self._chances.hold) and inlet[0] == stage.source:
                inlet = yield from self._hold(stage, inlet)
                if meets(self._chances.leave):
                    return _LEFT, inlet
                yield from self._let_go(stage, inlet)
            due = inlet[1].carried["due_at"] if inlet[1].carried else 0
            # What is held began by a command, or by a window that somebody opened.
            world.now = world.now if inlet[0] == stage.held else max(world.now, due)
            began = yield from self._begin(stage, inlet)
            if meets(self._chances.transient) and teller.tries < _MOST_TRIES:
                due = world.now + self._chance.randint(1000, 5000)
                inlet = teller.put_off(stage, inlet, began, due)
                continue
            if meets(self._chances.permanent):
                return _FAILED, teller.failed(stage, inlet, began)
            return _DONE, teller.finished(stage, inlet, began)

    def _hold(self, stage: StageDeclaration, inlet: Inlet) -> Generator[None, None, Inlet]:
        """For a window, which may open early; or until it is let go, at its time or before."""
        teller, chance = self._teller, self._chance
        due = self._world.now + chance.randint(1000, 5000)
        what = chance.choice([NOT_BEFORE, WINDOW])
        inlet = teller.held(stage, inlet, due, what)
        yield
        return inlet

    def _let_go(self, stage: StageDeclaration, inlet: Inlet) -> Generator[None, None, None]:
        teller = self._teller
        if (inlet[1].carried or {})["held"] == NOT_BEFORE:
            command = teller.command("release", teller.envelope["attempt"], stage.name)
            yield
            teller.let_go(stage, command)

    def _begin(self, stage: StageDeclaration, inlet: Inlet) -> Generator[None, None, int]:
        """When the call began that ended: it may have been told, and those before have crashed."""
        if self._meets(0.5):
            self._teller.running(stage, inlet)
            while self._meets(self._chances.crash):
                began = self._world.now
                yield
                if self._meets(0.7):
                    self._teller.interrupted(stage, inlet, began)
                    yield
                self._teller.running(stage, inlet)
        began = self._world.now
        yield
        return began

    def _cancel(
        self, stage: StageDeclaration, inlet: Inlet
    ) -> Generator[None, None, tuple[str, Inlet]]:
        self._teller.command("cancel", self._teller.envelope["attempt"])
        yield
        self._teller.cancelled(stage, inlet, 0)
        return _CANCELLED, inlet

    def _retry(self, stage: StageDeclaration, back: int = 0) -> Rec:
        attempt = self._teller.envelope["attempt"] - back
        return self._teller.command("retry", attempt, stage.name)

    def _redrive(self, stage: StageDeclaration, letter: Inlet) -> Generator[None, None, Inlet]:
        """Asked once, or twice, and by somebody who is late."""
        teller = self._teller
        commands = [self._retry(stage)]
        if self._meets(0.3):
            commands.append(self._retry(stage))
        late = self._retry(stage, back=1) if teller.envelope["attempt"] > 1 else None
        yield
        due = self._world.now + self._chance.randint(1000, 5000)
        inlet = teller.redriven(stage, letter, due)
        for command in commands:
            teller.answer(command, accepted=True)
        if late is not None:
            teller.answer(late, accepted=False)
        return inlet

    def _meets(self, chance: float) -> bool:
        return self._chance.random() < chance


def holding() -> Chances:
    """As by chance, but many jobs are held on their way."""
    return replace(Chances(), hold=0.4, leave=0.08)


def quiet() -> Chances:
    """Nothing happens but what is asked for by `replace`."""
    return replace(Chances(), **dict.fromkeys(Chances.__slots__, 0.0))
