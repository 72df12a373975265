"""What a stage cannot work without, as its author declares it."""

from dataclasses import dataclass

from headway.base.words import class_name


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something that may be away: calls of the stage's handler wait until it is back.

    `opened_by` are the errors that say so. After `failures` of them in a row the breaker of *name*
    opens for `open_seconds`; then one call is let through, and for each that fails it opens again,
    for twice as long, up to `longest_open_seconds`. With no more `failures` than calls in place, it
    opens before any job is put off to a later try.

    *name* is what people read: "waiting for the <name> since 12:03 UTC".
    """

    name: str
    opened_by: tuple[type[BaseException], ...]
    failures: int = 5
    open_seconds: float = 10.0
    longest_open_seconds: float = 60.0

    def __post_init__(self) -> None:
        if not self.name or not self.opened_by:
            raise ValueError("a dependency has a name, and errors that say that it is away")
        if self.failures < 1 or not 0 < self.open_seconds <= self.longest_open_seconds:
            raise ValueError(
                f"dependency {self.name!r}: failures from 1, open_seconds above 0 and at most "
                "longest_open_seconds"
            )

    def blamed_by(self, error: BaseException) -> bool:
        """Whether *error* says that this dependency is away.

        From a worker process an error of the author's own comes as another class of its name.
        """
        if issubclass(type(error), self.opened_by):
            return True
        return class_name(error) in {cls.__name__ for cls in self.opened_by}
