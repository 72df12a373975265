"""Do the brokers answer, and are their topics those declared? Asked again and again, beside."""

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Self

from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.edges.admin import Questions
from headway.topics.topology import check_topics, misfit

#: A look that is not answered in time is one missed look.
_ASK_SECONDS: Final = 2.0
#: How long a partition that was added, or brokers that went away, may stay unnoticed.
_WHILE_WELL_SECONDS: Final = 5.0
_WHILE_AWAY_SECONDS: Final = 1.0
#: One broker of several may be away or slow.
_MISSED_IN_A_ROW: Final = 3


@dataclass
class Watch:
    """A context with a thread of its own; Faust's client tells nobody that it reaches none.

    `met` once the cluster has answered and its topics fit; if they do not, that is `misfit`, once
    and for all. Later only their partitions are counted. `fault` is why nothing can be summed just
    now, as far as the brokers are concerned.
    """

    options: kafka.Options
    catalog: Catalog
    fault: str | None = "asks the brokers for its topics"
    met: bool = False
    misfit: TopologyError | None = None
    _missed: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        # A daemon: a request to a cluster that is away must not hold the exit up.
        threading.Thread(target=self._run, name="watch", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _run(self) -> None:
        questions = Questions(self.options)
        while self.misfit is None and not self._stop.is_set():
            self._look(questions)
            well = self.fault is None and not self._missed
            self._stop.wait(_WHILE_WELL_SECONDS if well else _WHILE_AWAY_SECONDS)

    def _look(self, questions: Questions) -> None:
        try:
            # First the question that is given up soon: the comparison waits longer for an answer.
            ask = partial(misfit, catalog=self.catalog, seconds=_ASK_SECONDS)
            self.fault = questions.ask(ask) if self.met else self._meet(questions.ask(ask))
            self._missed = 0
        except TopologyError as error:
            self.misfit = error
        except (kafka.KafkaException, TimeoutError) as error:
            self._missed += 1
            if self._missed >= _MISSED_IN_A_ROW or self.fault is not None:
                self.fault = f"Kafka does not answer: {kafka.describe(error)}"

    def _meet(self, fault: str | None) -> str | None:
        check_topics(self.options, self.catalog)
        self.met = True
        return fault
