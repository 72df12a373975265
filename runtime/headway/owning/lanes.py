"""Lanes: partition i of everything a stage reads is worked on by one instance, whoever has i.

The group shares out the source alone. Whoever is given its partition i reads partition i of every
other inlet too: partitions that are assigned without being subscribed are fetched like others, and
what is committed of them is fenced by the same generation. So all there is of a job comes to one
place, in which its records run one after another and one index of jobs is true.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from headway.owning.inlet import Inlet
from headway.owning.place import Place


class Lanes:
    """Which places go together; stateless."""

    def __init__(self, inlets: Sequence[Inlet]) -> None:
        self._inlets = inlets
        #: What the group shares out.
        self.subscribed = [inlet.topic for inlet in inlets if inlet.opens]

    def of(self, places: Iterable[Place]) -> frozenset[Place]:
        """*places* and all that go with them, as far as they are declared."""
        indexes = {index for _, index in places}
        return frozenset(
            (inlet.topic, index)
            for inlet in self._inlets
            for index in indexes
            if index < inlet.partitions
        )

    def undeclared(self, places: AbstractSet[Place]) -> frozenset[Place]:
        """Those of *places* that the deployment does not know of."""
        return frozenset(places) - self.of(places)

    @property
    def declared(self) -> int:
        """How many partitions there are to be."""
        return max(inlet.partitions for inlet in self._inlets)
