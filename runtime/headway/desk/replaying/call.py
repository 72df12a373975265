"""One call of a handler on the record of a dead letter, and what came of it."""

import pdb  # noqa: T100 - a debugger is what was asked for
import traceback
from bdb import BdbQuit
from dataclasses import dataclass

from headway.base.clock import SystemClock
from headway.base.errors import DecodeError
from headway.base.words import MOST_NOTE_CHARACTERS, bounded, class_name
from headway.declared.handler import Done, Handler, Job
from headway.desk import telling
from headway.desk.subcommand import NotDone
from headway.edges.kafka import Message
from headway.wire.carried import Carried
from headway.wire.records import StageRecords


@dataclass(frozen=True, slots=True)
class End:
    """What a call returned, or what was raised on the way."""

    done: Done | None = None
    raised: BaseException | None = None

    @property
    def trace(self) -> str:
        """The traceback; empty if nothing was raised."""
        return "".join(traceback.format_exception(self.raised)) if self.raised else ""


class Call:
    """Calls *handler* as the stage of *records* would, under a debugger if *debug*."""

    def __init__(self, handler: Handler, records: StageRecords, *, debug: bool) -> None:
        self._handler = handler
        self._records = records
        self._debug = debug

    def on(self, message: Message, letter: Message) -> End:
        """The end of one call on *message*, with what its *letter* carries beside it.

        As in the stage, what is returned has to fit the stage's record.

        Raises:
            NotDone: whoever sat at the debugger quit it.
        """
        try:
            return End(done=self._done(message, self._carried(letter)))
        except KeyboardInterrupt:
            raise
        except BdbQuit:
            raise NotDone("the debugger was quit before the handler's end") from None
        except BaseException as error:  # noqa: BLE001 - a handler raises anything; that is asked for
            if self._debug:
                telling.note(f"{class_name(error)} was raised: the debugger is there")
                pdb.post_mortem(error.__traceback__)
            return End(raised=error)

    def _done(self, message: Message, carried: Carried | None) -> Done:
        envelope, payload = self._records.open(message, carried)
        job = Job(envelope["job_id"], envelope["attempt"], envelope["title"], payload)
        context = _Context(f"{job.job_id}/{job.attempt}/{self._records.stage_name}")
        if self._debug:
            telling.note("the debugger stops where the handler begins; c goes on, q ends")
            found: Done | None = pdb.Pdb().runcall(self._handler, job, context)
            if found is None:  # what it answers when it was quit
                raise BdbQuit
            done = found
        else:
            done = self._handler(job, context)
        now = SystemClock().now_ms()
        self._records.finished(envelope, done, now, now)
        return done

    def _carried(self, letter: Message) -> Carried | None:
        """The job as it stood; None in a letter of a release that carried nothing."""
        try:
            return self._records.carried.of(letter)
        except DecodeError:
            return None


class _Context:
    """Tells reports on stderr; the job is nobody else's here."""

    def __init__(self, key: str) -> None:
        self.idempotency_key = key

    def report(self, fraction: float, note: str = "") -> None:
        said = bounded(note, MOST_NOTE_CHARACTERS)
        telling.note(f"{float(fraction):4.0%}  {said}".rstrip())

    def check(self) -> None:
        """Always."""
