"""A consumer group: who is a member, who owns what, what is committed, which generation it is.

Partitions move cooperatively, as the real client was seen to do it: each rebalance is a new
generation that every living member knows at once; one that has to give partitions up learns of
it in its next poll, and only when it has done so the partitions go to somebody else, in another
generation.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from support.fake_kafka.log import Fate, Place, Transaction

from headway.edges import kafka

_TAG = b"CGMDv2:"


@dataclass(slots=True, eq=False)
class Member:
    """One consumer as the group sees it, and what waits to be told to it at its next poll.

    `generation` is what the consumer believes: -1 when it knows that it is no member.
    """

    member_id: str
    topics: tuple[str, ...]
    client_id: str = ""
    generation: int = -1
    owned: set[Place] = field(default_factory=set)
    news: deque[tuple[str, list[Place]]] = field(default_factory=deque)
    going: set[Place] = field(default_factory=set)

    def metadata(self, group: str) -> bytes:
        """What the client calls its group metadata, serialized as librdkafka does."""
        named = self.member_id if self.generation >= 0 else ""
        number = self.generation.to_bytes(4, "little", signed=True)
        return _TAG + number + f"{group}\0{named}\0".encode() + b"\x01"


class Group:
    """One group; every method is called under the broker's lock."""

    def __init__(self) -> None:
        self.generation = 0
        #: How often somebody who is no member has sent offsets.
        self.unfenced = 0
        self.members: list[Member] = []
        self.committed: dict[Place, tuple[int, str]] = {}
        self.unread: dict[Place, kafka.KafkaError] = {}
        self.unanswered: list[kafka.KafkaException] = []
        #: How many who ask what is committed wait for a transaction to end.
        self.waiting = 0
        self._open: dict[Place, Transaction] = {}
        self._places: set[Place] = set()

    def join(self, member: Member, places: Iterable[Place]) -> None:
        """Take *member* in; *places* are all partitions of what it has subscribed to."""
        self._places |= set(places)
        self.members.append(member)
        self.rebalance()

    def leave(self, member: Member) -> None:
        """*member* has left in order, and given up what it had."""
        if member in self.members:
            self.members.remove(member)
            member.owned.clear()
            member.generation = -1
            self.rebalance()

    def expel(self, member: Member, *, noticed: bool) -> None:
        """Give what *member* has to the others, as after a session timeout.

        If it has *noticed* it knows that it is no member, else it goes on in its old generation
        until it polls; that is when it is told what it lost.
        """
        self.members.remove(member)
        member.news.clear()
        member.going.clear()
        member.news.append(("lost", sorted(member.owned)))
        member.owned.clear()
        if noticed:
            member.generation = -1
        self.rebalance()

    def gave_up(self, member: Member, places: Iterable[Place]) -> None:
        """*member* has been told that *places* go, and let them go."""
        gone = set(places)
        member.owned -= gone
        member.going -= gone
        self.rebalance()

    def rebalance(self) -> None:
        """A new generation: free partitions are given away, and those above a fair share taken."""
        self.generation += 1
        for member in self.members:
            member.generation = self.generation
        if not self.members:
            return
        shares = self._shares()
        for member, share in shares.items():
            surplus = sorted(member.owned - member.going)[share:]
            if surplus:
                member.going |= set(surplus)
                member.news.append(("revoke", surplus))
        free = sorted(self._places - {p for m in self.members for p in m.owned})
        for member, share in shares.items():
            given = free[: max(share - len(member.owned), 0)]
            free = free[len(given) :]
            if given:
                member.owned |= set(given)
                member.news.append(("assign", given))

    def refusal(self, group_metadata: bytes) -> int | None:
        """The error code for offsets that come with *group_metadata*; None: they are taken.

        As brokers do, it takes those of somebody who claims to be no member at all.
        """
        generation = kafka.generation(group_metadata)
        member_id = group_metadata[len(_TAG) + 4 :].split(b"\0")[1].decode()
        if generation < 0 and not member_id:
            self.unfenced += 1
            return None
        if member_id not in {member.member_id for member in self.members}:
            return kafka.KafkaError.UNKNOWN_MEMBER_ID
        if generation != self.generation:
            return kafka.KafkaError.ILLEGAL_GENERATION
        return None

    def await_end_of(self, transaction: Transaction, place: Place) -> None:
        """What is committed at *place* is not known until *transaction* has ended."""
        self._open[place] = transaction

    def unstable(self, places: Iterable[Place]) -> bool:
        """Whether an open transaction hides what is committed at one of *places*."""
        return any(place in self._open and self._open[place].fate is Fate.OPEN for place in places)

    def _shares(self) -> dict[Member, int]:
        least, more = divmod(len(self._places), len(self.members))
        by_size = sorted(self.members, key=lambda member: -len(member.owned))
        return {member: least + (index < more) for index, member in enumerate(by_size)}
