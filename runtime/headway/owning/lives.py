"""Which processes of a group are alive: whether one ended or only lost what it had.

A process names its life, new at every start, in the client id of its membership. One whose life
is found among the group's members is alive. One that is not may have lost the group for a moment,
as all do when a broker goes; so it counts as ended only once it has been away for as long as the
group itself waits for a member.
"""

import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Final, Protocol

from headway.base.clock import Clock
from headway.edges.admin import UNTIL_CLOSED_SECONDS, Pace, close_beside

_BYTES: Final = 6
_SEPARATOR: Final = "/"
_ASK_SECONDS: Final = 1.0
_ANSWER_SECONDS: Final = 5.0


class Admin(Protocol):
    """The part of an admin client that is needed here."""

    def describe_consumer_groups(
        self, group_ids: list[str], **options: Any
    ) -> Mapping[str, Future[Any]]: ...


def new_life() -> str:
    """A name for this process's life: eight characters."""
    return secrets.token_urlsafe(_BYTES)


def client_id(instance_id: str, life: str) -> str:
    """What the consumer of an instance calls itself."""
    return f"{instance_id}{_SEPARATOR}{life}"


class Lives:
    """What is known of the members of *group*; for the loop's thread, which never waits for it."""

    def __init__(
        self,
        make_admin: Callable[[], Admin],
        group: str,
        *,
        own: str,
        away_seconds: float,
        clock: Clock,
    ) -> None:
        self._make_admin = make_admin
        self._admin: Admin | None = None
        self._pace = Pace()
        self._group = group
        self._own = own
        self._away_seconds = away_seconds
        self._clock = clock
        self._question: Future[Any] | None = None
        self._asked_at = float("-inf")
        self._wanted: set[str] = set()
        self._away_since: dict[str, float] = {}
        self._alive: frozenset[str] = frozenset({own})

    def ended(self, life: str) -> bool | None:
        """Whether the process of *life* has ended; None: it is not known yet.

        An empty *life*, of a release that did not name it, counts as ended.
        """
        if not life or life == self._own:
            return not life
        self._wanted.add(life)
        self._ask()
        if life in self._alive:
            return False
        since = self._away_since.get(life)
        if since is None:
            return None
        return True if self._clock.monotonic() - since >= self._away_seconds else None

    def _ask(self) -> None:
        now = self._clock.monotonic()
        if self._question is not None and self._question.done():
            self._take(self._question, now)
            self._question = None
        late = self._question is not None and now - self._asked_at >= _ANSWER_SECONDS
        if late or (self._question is None and now - self._asked_at >= _ASK_SECONDS):
            self._asked_at = now
            # A client whose coordinator has gone may answer nothing for long: another is made.
            # The question itself has no time limit, see there.
            if late:
                self._retire()
            self._admin = self._admin or self._make_admin()
            asked = self._admin.describe_consumer_groups(
                [self._group], request_timeout=UNTIL_CLOSED_SECONDS
            )
            self._question = asked[self._group]

    def _retire(self) -> None:
        if self._admin is not None and self._pace.replaces(self._clock.monotonic()):
            close_beside(self._admin)
            self._admin = None

    def _take(self, answer: Future[Any], now: float) -> None:
        if answer.exception() is not None:
            self._retire()
            return  # asked again; until there is an answer nothing is known
        self._pace.answered()
        lives = {member.client_id.rpartition(_SEPARATOR)[2] for member in answer.result().members}
        self._alive = frozenset(lives | {self._own})
        away = self._wanted - lives
        self._away_since = {life: self._away_since.get(life, now) for life in away}
